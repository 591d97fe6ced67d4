"""What a simulated crowd says, in five languages, and what its people are called. All invented."""

from random import Random

from domain.shared import Language, Market

LANGUAGES: dict[Language, int] = {"zh-TW": 40, "th": 30, "zh-CN": 10, "ja": 10, "en": 10}
MARKET: dict[Language, Market] = {
    "zh-TW": "TW",
    "th": "TH",
    "zh-CN": "TW",
    "ja": "TW",
    "en": "TH",
}
_NAMES: dict[Language, tuple[str, ...]] = {
    "zh-TW": ("小美", "阿明", "雅婷", "志豪", "怡君", "家豪", "淑芬", "宗翰", "佩珊", "冠宇"),
    "th": ("มะลิ", "สมชาย", "น้ำฝน", "ก้อง", "พลอย", "ต้น", "แนน", "บีม", "ฟ้า", "โอ๊ต"),
    "zh-CN": ("小雨", "大伟", "晓燕", "建国", "思琪", "浩然"),
    "ja": ("さくら", "けんた", "ゆい", "はると", "あおい", "りん"),
    "en": ("Joy", "Max", "Nina", "Leo", "Ivy", "Sam"),
}
_REMARKS: dict[Language, tuple[str, ...]] = {
    "zh-TW": (
        "好美喔", "請問有大尺寸嗎", "可以再看一次背面嗎", "這件會不會透", "主播今天好漂亮",
        "等等有優惠嗎", "運費多少", "可以超商取貨嗎", "上次買的超好穿", "敲碗藍色", "還有貨嗎",
    ),
    "th": (
        "สวยมากค่ะ", "มีไซส์ใหญ่ไหมคะ", "ขอดูด้านหลังหน่อย", "ส่งฟรีไหม", "ราคาเท่าไหร่",
        "มีสีอื่นไหมครับ", "แม่ค้าน่ารัก", "เก็บเงินปลายทางได้ไหม", "รอบหน้าเอาสีดำ", "ของหมดหรือยัง",
    ),
    "zh-CN": (
        "质量怎么样", "有没有优惠", "能看看细节吗", "主播好可爱", "多久发货", "还有别的颜色吗",
    ),
    "ja": (
        "かわいい！", "サイズ感はどうですか", "もう一度見せてください", "送料はいくらですか",
    ),
    "en": (
        "so pretty", "do you have it in L?", "can you show the back?", "how much is shipping",
    ),
}  # fmt: skip
_TAILS = ("", "", "", " 😍", " 🔥", " ❤️❤️", "!!", "～", " 555", " ^^")
_CLAIMS = ("A{0:02d}+{1}", "a{0:02d} +{1}", "Ａ{0:02d}＋{1}", "CF A{0:02d} {1}", "A{0:02d} {1}")
_CLAIM_SHARE = 0.15
_OFFERS = 6
_PIECES = (1, 1, 1, 1, 2, 2, 3)


def language(chance: Random) -> Language:
    """As the two markets are mixed."""
    return chance.choices(list(LANGUAGES), list(LANGUAGES.values()))[0]


def name(chance: Random, spoken: Language) -> str:
    return f"{chance.choice(_NAMES[spoken])}{chance.randrange(100)}"


def remark(chance: Random, spoken: Language) -> str:
    """A question, praise, or one message in seven a claim."""
    if chance.random() < _CLAIM_SHARE:
        wanted = chance.randrange(1, _OFFERS + 1)
        return chance.choice(_CLAIMS).format(wanted, chance.choice(_PIECES))
    return praise(chance, spoken)


def praise(chance: Random, spoken: Language) -> str:
    """A question or praise; nothing that orders."""
    return chance.choice(_REMARKS[spoken]) + chance.choice(_TAILS)
