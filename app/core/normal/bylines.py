"""Lines that say who wrote a story: "By Jane Roe, Reuters", 홍길동 기자, （记者王小明）.

A sentence that begins with "By" is left alone: after the names only a role, an agency, a place or
an address may follow.
"""

from __future__ import annotations

import regex

from app.core.normal.people import Authors, is_role, read_authors

MAX_BYLINE_CHARS = 120

_JAPANESE = r"\p{Han}\p{Hiragana}\p{Katakana}ー、・　 "
_NAME = r"\p{Lu}[\p{L}\p{M}.'’-]*"
_PERSON = rf"{_NAME}(?: (?:(?:de|da|van|von|der|den|la|le|bin|al|el|dos|di) )*{_NAME}){{1,4}}"
_AND = r"(?:, and |, with |, | and | AND | with | & | et | und | y | e | og | och | en | и )"
_BY = (
    r"(?:By|BY|Por|POR|Par|PAR|Von|VON|Di|DI|Door|Av|Af|Автор|Авторы"
    r"|(?:Written|Story|Words|Text|Report|Reported) [Bb]y|Propos recueillis par|Texte?|Texto)"
)
_NO_NAME = (
    r"(?!(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Christmas|Easter|New Year|Royal|Popular"
    r"|Public)\b)"
)
_BYLINE = regex.compile(
    rf"{_BY}\s*:?\s+{_NO_NAME}(?P<names>{_PERSON}(?:{_AND}{_PERSON}){{0,5}})(?P<rest>.*)"
)
_BESIDE = regex.compile(  # a sentence has other words in small letters
    r"\s*[,–—-]\s*(?:(?:[\p{Lu}\p{Lo}\p{N}(@/&|][^\s]*+|\S+@\S+|and|und|et|y|e|in|of|for|at|from|with|the|our|de|la"
    r"|del|du|der|die|das|den|für|dpa|www\.\S+|[,|/&–—-]+)(?:\s+|$))*"
)
_STAFF = regex.compile(
    r"(?:From )?(?:Staff|STAFF|Wire|WIRE|[Ss]taff and wire|Combined wire|Agency|News agencies)"
    r" (?:[Rr]eports?|REPORTS?|[Ww]riters?|WRITERS?|[Ss]ervices?)|Agencies|AGENCIES"
)
_ARABIC = regex.compile(r"بقلم\s*[:：]?\s+(?P<names>\p{Arabic}+(?: \p{Arabic}+){1,3})")
_REST = regex.compile(
    rf"\s*(?:[,|/•·–—-].*[^.?!]|(?:in|from|of|for|at|à|in) (?:the )?{_NAME}(?: {_NAME}){{0,3}}"
    rf"(?:{_AND}(?P<more>{_PERSON}) (?:in|from) {_NAME}(?: {_NAME}){{0,3}})?"
    r"|[(\[][^()\[\].?!]{2,60}[)\]]"
    rf"|with (?:agencies|wires|AFP|AP|Reuters)|[(<\[]?[^\s@]+@[^\s@]+[)>\]]?)?"
)
_LEAD = regex.compile(
    rf"By (?P<names>{_PERSON}?(?:{_AND}{_PERSON}?){{0,5}}?) "
    r"(?=\p{Lu}{3,}[\p{Lu} ./'’-]*[,(（ ])"
)
_NO_KOREAN = (
    r"(?!신입|여성|남성|고참|현장|전문|전직|현직|주재|선배|후배|인턴|방송|어느|외신|부산"
    r"|\p{Hangul}{1,3}부\s)"
)
_KOREAN = (
    rf"{_NO_KOREAN}(?P<names>\p{{Hangul}}{{2,4}}(?:[·, ]+\p{{Hangul}}{{2,4}}){{0,4}})"
    r"\s*(?:선임기자|특파원|기자)"
)
_KOREAN_LEAD = regex.compile(rf"{_KOREAN}\s*=\s*")
# Interviews have 记者： before a question, so names are told by their surname; words have some.
_SURNAME = (
    r"(?!谢谢|謝謝|何[时時必以种種为為]|高兴|高興|方[便面]|关于|關於|应该|應該|任何|常常|成功"
    r"|安全|万一|平时|平時)"
    r"[王李张張刘劉陈陳杨楊赵趙黄黃周吴吳徐孙孫胡朱高林何郭马馬罗羅梁宋郑鄭谢謝韩韓唐冯馮于"
    r"董萧蕭肖程曹袁邓鄧许許傅沈曾彭吕呂苏蘇卢盧蒋蔣蔡贾賈丁魏薛叶葉阎閻余潘杜戴夏钟鍾汪田"
    r"任姜范方石姚谭譚廖邹鄒熊金陆陸郝孔白崔康毛邱秦江史顾顧侯邵孟龙龍万萬段雷钱錢汤湯尹黎"
    r"易常武乔喬贺賀赖賴龚龔文欧歐施陶洪颜顏庄莊严嚴牛柳童游耿俞齐齊向毕畢涂简簡倪祝霍裴路]"
)
_HAN_NAME = rf"{_SURNAME}\p{{Han}}{{1,3}}(?<![吗嗎呢吧摄攝])"
_JAPANESE_NAME = (
    r"(?!会見|質問|団|席|証|各位)"
    r"(?:\p{Han}{1,4}[ 　][\p{Han}\p{Hiragana}\p{Katakana}]{1,5}|\p{Han}{2,6})"
)
_KOREAN_POST = r"(?:칼럼니스트|논설위원|평론가|소설가|에디터|객원기자|통신원|편집위원)"
_NO_PERSON = r"(?!新聞|雑誌|女性|男性|新人|地元|担当|従軍|外国|海外|若手|複数|本紙|各社)"
_EAST_ASIAN = tuple(
    regex.compile(form)
    for form in (
        rf"[\[(<]?\s*(?:글[·=: ]*)?{_KOREAN}\s*(?:[\[(<]?[^\s@]+@[^\s@]+)?\s*[\])>]?",
        (
            r"[（(]?\s*(?:本报|本刊|本台|本网|新华社|中新社|央视)?(?:见习|特约|驻\p{Han}{1,6})?[记記]者"
            rf"\s*[:：/／]?\s*(?P<names>{_HAN_NAME}(?:[、， ]+{_HAN_NAME}){{0,5}})"
            r"(?:\s*(?:报道|報道|報導|摄|攝|文))?\s*[)）]?"
        ),
        rf"(?:取材・)?文責?\s*[/／＝=:：・]\s*(?P<names>[{_JAPANESE}]{{2,30}})",
        (
            rf"{_NO_PERSON}(?P<names>\p{{Han}}{{2,4}}[ 　]?"
            r"[\p{Han}\p{Hiragana}\p{Katakana}]{0,4})\s?記者"
        ),
        rf"記者\s*[:：・ 　]\s*(?P<names>{_JAPANESE_NAME}(?:、{_JAPANESE_NAME}){{0,3}})",
        rf"{_KOREAN_POST}\s(?P<names>\p{{Hangul}}{{2,4}})\s[^\s@]+@[^\s@]+",
        rf"(?P<names>\p{{Hangul}}{{2,4}})\s(?:\p{{Hangul}}{{2,4}}\s)?{_KOREAN_POST}\s[^\s@]+@[^\s@]+",
    )
)
_HANGUL_NAMES = regex.compile(r"[·, ]+")
_LISTED = (
    r"(?:[\p{Lu}(][\p{L}\p{N}.'’()/-]*|and|und|et|y|in|of|the|der|dpa|agencies|agences|wires|&)"
)
_WORK = r"(?:(?:With )?(?:[Aa]dditional )?[Rr]eporting|Writing|Editing|Compiled|Edited) by"
_CREDITED = (  # without brackets only names and what stands between them: it may be a sentence
    r"(?:\p{Lu}[\p{L}\p{M}.'’/-]*+|and|with|in|by|from|for|of|at|the|de|da|di|du|van|von|der|den"
    r"|bin|al|el|la|le|editing|writing|reporting|additional|&)(?![\p{L}\p{N}])"
)
_SIGN_OFF = regex.compile(
    r"[a-z]{2,4}(?:[/-][a-z]{2,4}){1,6}|[^\s@]+@[^\s@]+\.\p{L}{2,}|"  # jr/jd/ap, an address
    rf"[(（\[]\s*{_WORK} \p{{Lu}}.{{1,300}}[)）\]]\.?"
    r"|[(（\[—–-]*\s*(?:"
    rf"{_WORK} (?=\p{{Lu}}){_CREDITED}(?:[,;]?\s+(?:[—–-]\s+)?{_CREDITED}){{0,60}}"
    r"|[Ww]ith (?:(?:files|inputs|reporting|reports) from|inputs by)"
    rf" {_LISTED}(?:,? {_LISTED}){{0,19}}"
    r"|[Ww]ith (?:agency|\p{Lu}[\p{L} ]{1,30}) inputs"
    r"|[Ww]ith (?:\p{Lu}\p{L}* ){0,3}[Ww]ire(?:s|\s[Rr]eports|\s[Ss]ervices)"
    rf"|Contributing: {_PERSON}(?:(?:{_AND}|, |; ){_PERSON}){{0,9}}"
    r"(?:[,;] \p{Lu}.{0,60}[^.?!])?"
    rf"|Das (?:Gespräch|Interview) führten? {_PERSON}(?:{_AND}{_PERSON}){{0,3}}"
    r"|\p{Lu}\S*(?:,? \p{Lu}.{0,250})? contributed (?:reporting )?to this (?:report|story|article)"
    r"|(?:责任编辑|责编|編輯|编辑|責任編輯|校对|编译|監製|监制)\s*[:：]\s*\p{Han}{2,4}"
    r"(?:[、,， ]+\p{Han}{2,4}){0,4}"
    rf"|(?:Mit Material (?:von|der)|Avec(?= (?:AFP|AP|Reuters|agences))|Con información de)"
    rf" {_LISTED}(?:,? {_LISTED}){{0,9}}"
    r")[)）\].]*"
)


def byline(line: str) -> Authors | None:
    """The authors, and their agency, of a line that is nothing but a byline."""
    if len(line) > MAX_BYLINE_CHARS:
        return None
    if _STAFF.fullmatch(line):
        return Authors()
    found = _BYLINE.fullmatch(line)
    if found is None:
        found = _ARABIC.fullmatch(line)
        return _read(found["names"]) if found else None
    rest = _REST.fullmatch(found["rest"])
    if rest is None or not _is_beside(found["rest"]):
        return None
    said = _read(found["names"], *filter(None, [rest["more"]]))
    beside = read_authors((found["rest"].strip(" ,|/•·–—-()[]").removeprefix("with "),)).agency
    return Authors(names=said.names, agency=said.agency or beside) if said else None


def _is_beside(rest: str) -> bool:
    """Whether what follows a name is a post, an agency or a place: no sentence."""
    if not rest.lstrip().startswith((",", "–", "—", "-")):
        return True
    return _BESIDE.fullmatch(rest) is not None or is_role(rest.strip(" ,–—-"))


def reporter_line(line: str) -> tuple[str, ...] | None:
    """The reporters of a line in Korean, Chinese or Japanese that says no more.

    Their word for a reporter makes such a line certain wherever it stands.
    """
    if len(line) > MAX_BYLINE_CHARS or line.isascii():
        return None
    found = next((hit for form in _EAST_ASIAN if (hit := form.fullmatch(line))), None)
    return east_asian_names(found["names"]) or None if found else None


def is_sign_off(line: str) -> bool:
    """Whether a line is the reporters' and editors' sign-off: "(Reporting by …; Editing by …)"."""
    return _SIGN_OFF.fullmatch(line) is not None


def byline_before_lead(text: str) -> tuple[int, tuple[str, ...]]:
    """Where the dateline begins after "By Jane Roe DUBAI (Reuters) -", and who wrote; else 0."""
    found = _LEAD.match(text)
    return (found.end(), read_authors((found["names"],)).names) if found else (0, ())


def reporters_after_lead(text: str, start: int) -> tuple[int, tuple[str, ...]]:
    """Where the story goes on after "홍길동 기자 =", and who wrote; else `start`."""
    found = _KOREAN_LEAD.match(text, start)
    return (found.end(), east_asian_names(found["names"])) if found else (start, ())


def east_asian_names(words: str) -> tuple[str, ...]:
    """Names in Korean are parted by spaces too."""
    parts = _HANGUL_NAMES.split(words) if regex.search(r"\p{Hangul}", words) else [words]
    return read_authors(parts).names


def _read(*names: str) -> Authors | None:
    said = read_authors(names)
    return said if said.names or said.agency else None
