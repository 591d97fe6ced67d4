"""What the demonstration sells: thirty things, named in five languages. All invented."""

from typing import Any, NamedTuple

from domain.shared import Language

_LANGUAGES: tuple[Language, ...] = ("zh-TW", "zh-CN", "th", "ja", "en")
_BAHT_A_DOLLAR = 1.1  # roughly, for a second price
_SIZES = ("S", "M", "L")
_COLOURS = ("米", "黑")


class _Thing(NamedTuple):
    """`price` is in New Taiwan dollars, `names` as the languages come."""

    sku: str
    price: int
    names: tuple[str, ...]
    option: str = ""
    values: tuple[str, ...] = ("",)


_THINGS = (
    _Thing("COAT", 2480, ("羊毛長大衣", "羊毛长大衣", "เสื้อโค้ทผ้าวูลตัวยาว",
           "ウールロングコート", "Long wool coat"), "size", _SIZES),
    _Thing("KNIT", 890, ("粗針織毛衣", "粗针织毛衣", "เสื้อไหมพรมถักหนา",
           "ざっくりニット", "Chunky knit sweater"), "size", _SIZES),
    _Thing("DRESS", 1280, ("碎花洋裝", "碎花连衣裙", "เดรสลายดอกเล็ก",
           "小花柄ワンピース", "Floral dress"), "size", _SIZES),
    _Thing("JEANS", 1190, ("高腰寬褲", "高腰阔腿裤", "กางเกงเอวสูงขากว้าง",
           "ハイウエストワイドパンツ", "High-waist wide jeans"), "size", _SIZES),
    _Thing("SHIRT", 690, ("亞麻襯衫", "亚麻衬衫", "เสื้อเชิ้ตผ้าลินิน",
           "リネンシャツ", "Linen shirt"), "size", _SIZES),
    _Thing("SKIRT", 780, ("百褶長裙", "百褶长裙", "กระโปรงพลีทยาว",
           "プリーツロングスカート", "Pleated long skirt"), "size", _SIZES),
    _Thing("HOOD", 990, ("刷毛連帽上衣", "加绒连帽卫衣", "เสื้อฮู้ดบุขนนุ่ม",
           "裏起毛パーカー", "Fleece hoodie"), "size", _SIZES),
    _Thing("SCARF", 450, ("羊絨感圍巾", "羊绒感围巾", "ผ้าพันคอนุ่มพิเศษ",
           "カシミヤ風マフラー", "Soft scarf"), "colour", _COLOURS),
    _Thing("BAG", 1680, ("托特肩背包", "托特单肩包", "กระเป๋าโท้ทสะพายไหล่",
           "トートショルダーバッグ", "Tote shoulder bag"), "colour", _COLOURS),
    _Thing("WALLET", 760, ("真皮短夾", "真皮短款钱包", "กระเป๋าสตางค์หนังแท้ใบสั้น",
           "本革二つ折り財布", "Leather wallet"), "colour", _COLOURS),
    _Thing("BOOT", 1880, ("防水短靴", "防水短靴", "รองเท้าบูทสั้นกันน้ำ",
           "防水ショートブーツ", "Waterproof ankle boots"), "size", ("36", "38")),
    _Thing("SLIPPER", 320, ("室內毛拖鞋", "室内毛拖鞋", "รองเท้าสลิปเปอร์ขนนุ่ม",
           "もこもこルームシューズ", "Fluffy slippers"), "size", ("M", "L")),
    _Thing("SOCK", 199, ("發熱襪三入", "发热袜三双装", "ถุงเท้ากันหนาวแพ็ก 3 คู่",
           "あったか靴下3足組", "Warm socks, three pairs")),
    _Thing("HAT", 390, ("漁夫帽", "渔夫帽", "หมวกบักเก็ต",
           "バケットハット", "Bucket hat"), "colour", _COLOURS),
    _Thing("EARRING", 280, ("珍珠耳環", "珍珠耳环", "ต่างหูมุก",
           "パールピアス", "Pearl earrings")),
    _Thing("NECKLACE", 520, ("月亮項鍊", "月亮项链", "สร้อยคอจี้พระจันทร์",
           "月モチーフネックレス", "Moon necklace")),
    _Thing("CREAM", 680, ("玻尿酸面霜", "玻尿酸面霜", "ครีมไฮยาลูรอน",
           "ヒアルロン酸クリーム", "Hyaluronic cream")),
    _Thing("MASK", 349, ("保濕面膜十片", "补水面膜十片", "มาสก์หน้าเพิ่มความชุ่มชื้น 10 แผ่น",
           "保湿フェイスマスク10枚", "Sheet masks, ten")),
    _Thing("LIP", 420, ("絲絨唇釉", "丝绒唇釉", "ลิปแมตต์เนื้อกำมะหยี่",
           "ベルベットリップ", "Velvet lip tint")),
    _Thing("SHAMPOO", 360, ("胺基酸洗髮精", "氨基酸洗发水", "แชมพูกรดอะมิโน",
           "アミノ酸シャンプー", "Amino acid shampoo")),
    _Thing("TEA", 480, ("高山烏龍茶", "高山乌龙茶", "ชาอู่หลงภูเขาสูง",
           "高山烏龍茶葉", "High-mountain oolong")),
    _Thing("PINEAPPLE", 420, ("土鳳梨酥禮盒", "凤梨酥礼盒", "พายสับปะรดกล่องของขวัญ",
           "パイナップルケーキ詰め合わせ", "Pineapple cake box")),
    _Thing("COFFEE", 550, ("阿里山咖啡豆", "阿里山咖啡豆", "เมล็ดกาแฟอาลีซาน",
           "阿里山コーヒー豆", "Alishan coffee beans")),
    _Thing("MANGO", 299, ("愛文芒果乾", "爱文芒果干", "มะม่วงอบแห้ง",
           "ドライマンゴー", "Dried mango")),
    _Thing("NOODLE", 260, ("手工拌麵五入", "手工拌面五包", "บะหมี่แห้งทำมือ 5 ห่อ",
           "手作りまぜ麺5食", "Hand-made noodles, five")),
    _Thing("CUP", 590, ("不鏽鋼保溫杯", "不锈钢保温杯", "แก้วเก็บความร้อนสแตนเลส",
           "ステンレス保温マグ", "Steel thermos cup"), "colour", _COLOURS),
    _Thing("POT", 1380, ("鑄鐵小湯鍋", "铸铁小汤锅", "หม้อเหล็กหล่อใบเล็ก",
           "鋳物ホーロー小鍋", "Small cast-iron pot")),
    _Thing("BLANKET", 880, ("法蘭絨毯", "法兰绒毯", "ผ้าห่มแฟลนเนล",
           "フランネル毛布", "Flannel blanket"), "colour", _COLOURS),
    _Thing("LAMP", 720, ("床頭小夜燈", "床头小夜灯", "โคมไฟหัวเตียง",
           "ベッドサイドランプ", "Bedside lamp")),
    _Thing("DIFFUSER", 650, ("室內香氛", "室内香薰", "ก้านหอมปรับอากาศ",
           "リードディフューザー", "Reed diffuser")),
)  # fmt: skip


def products(run: str, units: int) -> list[dict[str, Any]]:
    """As POST /products takes them, with so many units of each variant in stock. `run` tells
    their SKUs from those of another run."""
    return [_product(thing, run, units) for thing in _THINGS]


def _product(thing: _Thing, run: str, units: int) -> dict[str, Any]:
    prices = [
        {"amount": thing.price, "currency": "TWD"},
        {"amount": round(thing.price * _BAHT_A_DOLLAR) * 100, "currency": "THB"},
    ]
    return {
        "title": dict(zip(_LANGUAGES, thing.names, strict=True)),
        "language": "zh-TW",
        "variants": [
            {
                "sku": f"{thing.sku}-{number}-{run}",
                "options": {thing.option: value} if thing.option else {},
                "prices": prices,
                "initial_stock": units,
            }
            for number, value in enumerate(thing.values, start=1)
        ],
    }
