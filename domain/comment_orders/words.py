"""The words in which people order, in the five languages: what a comment may consist of and still
be an order and nothing else. Compared folded."""

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from domain.text import folded

# confirm: orders what is shown, also without a code. want: asks for what has a code or a quantity.
# number: `value` units. unit: follows a number. each: the quantity is that of every code. polite:
# says nothing about what is ordered. option: a colour or a size; `value` is ours for it.
WordKind = Literal["confirm", "want", "number", "numeral", "unit", "each", "polite", "option"]


class Word(msgspec.Struct, frozen=True, gc=False):
    """`value` is units of a number, and the canonical name of an option."""

    kind: WordKind
    value: int | str = 0


_CONFIRM = "cf cfค่ะ ซีเอฟ รับ จอง"
_WANT = """
    f เอา เอาเพิ่ม เพิ่ม อีก อยากได้ ขอ สั่ง สั่งซื้อ ซื้อ
    我要 我要買 我要买 我要訂 我要订 要 要買 要买 想要 我想要 我想買 買 买 購買 购买 訂 订 訂購
    订购 下單 下单 拍
    算我 算我一個 算我一个 再 再來 再来 加 加購 加购
    預購 预购 帶 带 帶走 带走 來 来 下 給我 给我 幫我 帮我 留 幫我留
    買います 購入します 購入 注文 注文します 予約 予約します お願いします おねがいします 欲しい
    ほしい 欲しいです
    ほしいです ください 下さい
    want buy take get order sold claim reserve i d ll ill would to gimme give me
"""
_POLITE = """
    ค่ะ คะ คับ ครับ ครับผม คร้าบ ค้าบ จ้า จ้ะ จ๊ะ จ๋า นะ นะคะ นะครับ น้า น้าา ด้วย หน่อย เลย ขอบคุณ แม่ค้า พี่
    พี่คะ ฮะ ฮับ รหัส
    謝謝 谢谢 感謝 感谢 感恩 謝 谢 拜託 拜托 麻煩 麻烦 請 请 喔 哦 唷 呦 囉 啰 啦 耶 吧 呀 啊 哈
    老闆 老板 老闆娘 老板娘
    主播 小編 小编 姐 姊 姐姐 姊姊 哥 哥哥 姐妹 親 亲 的 我 您 你好 哈囉 編號 编号 款 號 号
    和 跟 與 与 色
    と を で です ます よろしく よろしくお願いします ありがとう ありがとうございます 番 の それと
    please pls plz thx thanks thank you ty ok hi hello and the of item code no number pcs xd lol
"""
# Polite as a whole, though parts of them ask or refuse where they stand in other words.
_COURTESIES = """
    大家好 大家早 大家早安 大家午安 大家晚安 不好意思 沒問題 没问题 不客氣 不客气 沒關係 没关系
    ไม่เป็นไร ไม่เป็นไรค่ะ ไม่เป็นไรครับ すみません すいません
"""
_UNITS = """
    個 个 件 份 組 组 套 包 盒 瓶 罐 條 条 雙 双 隻 只 支 張 张 片 顆 颗 粒 袋 箱 串 對 对 本 台
    枚
    つ コ こ 点 着 足 セット 袋入り
    ตัว ชิ้น อัน คู่ กล่อง ชุด ขวด แพ็ค แพค ถุง ซอง ใบ เส้น ผืน ลูก กระปุก หลอด
    pc pcs piece pieces set sets pair pairs box boxes bottle bottles unit units pack packs ea
"""
_EACH = "各 各要 每個 每个 每款 每樣 每样 都 อย่างละ ตัวละ รหัสละ each ずつ"
_NUMBERS = {
    1: "หนึ่ง นึง one ひとつ 一つ",
    2: "สอง two ふたつ 二つ",
    3: "สาม three みっつ 三つ",
    4: "สี่ four よっつ 四つ",
    5: "ห้า five いつつ 五つ",
}
# Parts of many words: numbers only with a unit behind them or a plus before.
_NUMERALS = {
    1: "一 壹",
    2: "二 兩 两 貳",
    3: "三 參",
    4: "四",
    5: "五",
    6: "六",
    7: "七",
    8: "八",
    9: "九",
    10: "十",
}
_COLOURS = {
    "black": "黑 黒 ดำ black ブラック",
    "white": "白 ขาว white ホワイト",
    "red": "紅 红 赤 大紅 大红 แดง red レッド",
    "blue": "藍 蓝 青 น้ำเงิน blue ブルー",
    "sky": "天藍 天蓝 水藍 水蓝 淺藍 浅蓝 水色 ฟ้า skyblue",
    "navy": "藏青 深藍 深蓝 海軍藍 กรม กรมท่า navy ネイビー",
    "pink": "粉 粉紅 粉红 桃 ชมพู pink ピンク",
    "green": "綠 绿 緑 เขียว green グリーン",
    "yellow": "黃 黄 เหลือง yellow イエロー",
    "purple": "紫 ม่วง purple パープル",
    "grey": "灰 เทา grey gray グレー",
    "brown": "棕 咖啡 咖 褐 茶 น้ำตาล brown ブラウン",
    "beige": "米 米白 杏 ครีม เบจ beige cream ベージュ クリーム",
    "orange": "橘 橙 ส้ม orange オレンジ",
    "gold": "金 ทอง gold ゴールド",
    "silver": "銀 银 เงิน silver シルバー",
    "khaki": "卡其 กากี khaki カーキ",
}
_SIZES = {
    "xs": "xs",
    "s": "s 小號 小号 small เล็ก",
    "m": "m 中號 中号 medium กลาง",
    "l": "l 大號 大号 large ใหญ่",
    "xl": "xl 加大",
    "2xl": "xxl 2xl 2l",
    "3xl": "xxxl 3xl 3l",
    "4xl": "4xl 4l",
    "5xl": "5xl",
    "free": "free freesize ฟรีไซส์ 均碼 均码 フリー",
}
# Who writes one of these asks, tells or takes back; even `A01+1` is no order beside it.
_ASKING = """
    嗎 吗 呢 多少 幾 几 怎 什麼 什么 甚麼 哪 何 取消 不 別 别 退 刪 删 錯 错 改 換 换 沒 没 剛
    刚 成功 收到 是不是 還是
    还是 如果 有人 留言 大家 可以 已經 已经 賣完 卖完 缺貨 完售 算
    ไหม มั้ย มั๊ย ไม๊ หรือ เท่าไ กี่ ยกเลิก ไม่ แล้ว ยัง อะไร ทำไม เปลี่ยน ผิด หมด ได้ป่าว ป่ะ ปะ ใคร พิมพ์ ลบ ถ้า
    ですか ますか でしょうか キャンセル やめ なし ない 間違 変更 いくら ません もし ?
"""
_ASKING_LATIN = """
    how what why when which who where is are was does did do can could cancel not don't dont
    remove
    already wrong instead if or vs change got any still out about price
"""


def _folded(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(folded(word) for word in text.split()))


def _words() -> Mapping[str, Word]:
    words: dict[str, Word] = {}
    plain: tuple[tuple[WordKind, str], ...] = (
        ("polite", _POLITE),
        ("polite", _COURTESIES),
        ("unit", _UNITS),
        ("each", _EACH),
        ("want", _WANT),
        ("confirm", _CONFIRM),
    )
    for kind, text in plain:
        words |= {word: Word(kind) for word in _folded(text)}
    for options in (_SIZES, _COLOURS):
        for value, text in options.items():
            words |= {word: Word("option", value) for word in _dressed(_folded(text))}
    for count, text in _NUMBERS.items():
        words |= {word: Word("number", count) for word in _folded(text)}
    for count, text in _NUMERALS.items():
        words |= {word: Word("numeral", count) for word in _folded(text)}
    return words


def _dressed(names: Iterable[str]) -> Iterable[str]:
    """Each name as it is, and as a colour is called in Chinese and Thai."""
    for name in names:
        yield name
        if not name.isascii():
            yield folded("สี") + name if "\u0e00" <= name[0] <= "\u0e7f" else name + "色"


WORDS = _words()
COLOURS = frozenset(_COLOURS)
ASKING = _folded(_ASKING)
# The longest first: one may begin another. What begins with them is no question for that.
COURTESIES = tuple(
    sorted((*_folded(_COURTESIES), *_folded("算我 算我一個 算我一个")), key=len, reverse=True)
)
ASKING_LATIN = frozenset(_folded(_ASKING_LATIN))
