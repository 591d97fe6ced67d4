"""Why identity refuses a command. Codes are stable; the message catalogue words them."""

from domain.shared import DomainError


class AccountNotFoundError(DomainError):
    """There is no such account, or it has been erased."""

    code = "account_not_found"


class AccountExistsError(DomainError):
    """The user id is taken; they are made anew for every account."""

    code = "account_exists"


class LoginTakenError(DomainError):
    """The login belongs to another account. Accounts are never merged."""

    code = "identity_belongs_to_another_account"


class ProviderAlreadyLinkedError(DomainError):
    """An account has one login of a provider at most."""

    code = "provider_already_linked"


class IdentityNotFoundError(DomainError):
    """The account has no such way in, or it was given up: that login enters nothing any more."""

    code = "identity_not_found"


class LastIdentityError(DomainError):
    """Without its last login nobody could ever get into the account again."""

    code = "last_identity"


class GuestForbiddenError(DomainError):
    """What only a registered person may do."""

    code = "registration_required"


class OwnAdminRoleError(DomainError):
    """An admin does not take the role from themselves: somebody must be able to give it back."""

    code = "own_admin_role"


class RoleNeedsRegistrationError(DomainError):
    """A guest is a viewer and nothing else."""

    code = "role_needs_registration"


class SessionNotFoundError(DomainError):
    """The person has no such session, or it is over."""

    code = "session_not_found"


class PictureNotUploadedError(DomainError):
    """Nothing of the person's has been uploaded under the key to attach."""

    code = "picture_not_uploaded"


class InvalidPictureError(DomainError):
    """`field` is content_type or size; `limit` is bytes."""

    code = "invalid_picture"


class NotAdminError(DomainError):
    """Their token says so, but they are an admin no more."""

    code = "forbidden"
