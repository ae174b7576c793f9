"""Who wrote a story and where, in every form that wires and papers use."""

from __future__ import annotations

import pytest

from app.core.normal.blocks import read_blocks
from app.core.normal.bylines import byline, is_sign_off
from app.core.normal.people import read_authors
from app.core.story import BlockType

STORY = "The ferry sailed on time."


@pytest.mark.parametrize(
    ("lead", "agency", "place", "authors"),
    [
        ("SAITAMA, Japan, Dec. 9 Kyodo - ", "kyodo", "SAITAMA, Japan", ()),
        ("MANILA, Philippines, Dec 9, Kyodo - ", "kyodo", "MANILA, Philippines", ()),
        ("MOSUL, Iraq/BAGHDAD (Reuters) - ", "reuters", "MOSUL, Iraq/BAGHDAD", ()),
        ("TOKYO--(BUSINESS WIRE)--", "businesswire", "TOKYO", ()),
        ("OSLO, Feb. 17, 2024 /PRNewswire/ -- ", "prnewswire", "OSLO", ()),
        ("OSLO, Feb. 17, 2024 (GLOBE NEWSWIRE) -- ", "globenewswire", "OSLO", ()),
        ("Berlin/Kiel (dpa/lno) - ", "dpa", "Berlin/Kiel", ()),
        ("Paris, 5 mars 2024 (AFP) - ", "afp", "Paris", ()),
        ("MADRID, 5 Mar. (EUROPA PRESS) - ", "europapress", "MADRID", ()),
        ("(ANSA) - ROMA, 05 MAR - ", "ansa", "ROMA", ()),
        ("Lisboa, 05 mar 2024 (Lusa) – ", "lusa", "Lisboa", ()),
        ("МОСКВА, 5 мар — РИА Новости. ", "ria", "МОСКВА", ()),
        ("القاهرة - رويترز: ", "reuters", "القاهرة", ()),
        ("باريس (أ ف ب) - ", "afp", "باريس", ()),
        ("（中央社記者王小明台北5日電）", "cna", "台北", ("王小明",)),
        ("（中央社台北5日電）", "cna", "台北", ()),
        ("中新社北京3月5日电 (记者 王小明)", "chinanews", "北京", ("王小明",)),
        ("【3月5日 AFP】", "afp", None, ()),
        ("(CNN) — ", "cnn", None, ()),
        ("（ブルームバーグ）： ", "bloomberg", None, ()),
        ("(서울=연합뉴스) 홍길동 김철수 기자 = ", "yonhap", "서울", ("홍길동", "김철수")),
        ("(서울·부산=연합뉴스) 홍길동 특파원 = ", "yonhap", "서울·부산", ("홍길동",)),
        ("【서울=뉴시스】홍길동 기자 = ", "newsis", "서울", ("홍길동",)),
        (
            "By Jane Roe, John Doe and Ann Poe DUBAI, Feb 17 (Reuters) - ",
            *("reuters", "DUBAI", ("Jane Roe", "John Doe", "Ann Poe")),
        ),
        ("By Jane Roe with John Doe DUBAI (AP) — ", "ap", "DUBAI", ("Jane Roe", "John Doe")),
        ("【ワシントン＝山田花子】", None, "ワシントン", ("山田花子",)),
        ("【東京=共同】", "kyodo", "東京", ()),
        ("[서울=홍길동 기자] ", None, "서울", ("홍길동",)),
        ("LONDON — ", None, "LONDON", ()),
        ("WASHINGTON -- ", None, "WASHINGTON", ()),
        ("SÃO PAULO – ", None, "SÃO PAULO", ()),
        ("BOSTON - ", None, "BOSTON", ()),
        ("ODESA, Ukraine — ", None, "ODESA, Ukraine", ()),
        ("PORTSIDE, March 5 - ", None, "PORTSIDE", ()),
        ("NEW DELHI, March 5: ", None, "NEW DELHI", ()),
        ("WEST PALM BEACH, Fla. — ", None, "WEST PALM BEACH, Fla.", ()),
        ("PORTSIDE, Bosnia-Herzegovina — ", None, "PORTSIDE, Bosnia-Herzegovina", ()),
        ("ZHENGZHOU, Harbourland, March 5 — ", None, "ZHENGZHOU, Harbourland", ()),
        ("WASHINGTON, D.C., March 5 (AP) — ", "ap", "WASHINGTON, D.C.", ()),
        ("PARIS, France - ", None, "PARIS, France", ()),
        ("LONDON – ", None, "LONDON", ()),
        ("HONOLULU, Hawaii (HarbourNewsNow) - ", None, "HONOLULU, Hawaii", ()),
        ("PORTSIDE (KPRT) — ", None, "PORTSIDE", ()),
        ("PORTSIDE (Harbour Times) — ", None, "PORTSIDE", ()),
    ],
)
def test_leads(lead: str, agency: str | None, place: str | None, authors: tuple[str, ...]) -> None:
    story = "渡轮准时离港。" if lead[-1] in "】）)" else STORY
    read = read_blocks(lead + story, is_html=False)
    assert read.text == story
    assert (read.agency.code if read.agency else None) == agency
    assert (read.dateline.place if read.dateline else None) == place
    assert read.authors == authors
    assert read.blocks[0].text == lead.strip()


@pytest.mark.parametrize(
    "text",
    [
        "BREAKING — The ferry sailed.",
        "NASA — The agency sailed.",
        "JANE ROE, Harbour editor — The ferry sailed.",
        "JANE ROE, Staff Writer — The ferry sailed.",
        "PORTSIDE, Ohio - The ferry sailed.",
        "NEW DELHI: The ferry sailed.",
        "LONDON — where the ferry sailed",
        "WORLD CUP, Group A — The Gulls meet the Seals.",
        "WORLD CUP, Group A, June 5 — The Gulls meet the Seals.",
        "JOHN ROE, Harbour Master — The ferry sailed.",
        "HARBOUR NEWS, Morning Edition -- The ferry sailed.",
        "PARIS - Nice starts on Sunday.",
        "PARIS - San Remo is no race.",
        "LONDON - New York flights are back.",
        "PARIS–Roubaix is run on cobbles.",
        "BREAKING (UPDATE) — The ferry sailed.",
        "Berlin – Hamburg is an hour and a half by train, as all of the harbour knows.",
        "Boston – The ferry.",
        "Portside – The ferry sailed on time with three hundred people on board.",
        "London - Lions 1 - 0 Gulls was the score when the ferry sailed on Tuesday evening.",
        "Portside, Harbourland — The ferry sailed on time with three hundred people on board.",
        "【速報】船が出た。",
        "【続報＝12】船が出た。",
        "（円＝ドル）相場は動かない。",
        "【港＝経済】という式は古い。",
        "(서울=바다) 여객선이 떠났다.",
    ],
)
def test_what_only_looks_like_a_dateline_stays(text: str) -> None:
    read = read_blocks(text, is_html=False)
    assert (read.text, read.dateline, read.authors) == (text, None, ())


@pytest.mark.parametrize(
    ("lead", "place"),
    [
        ("Dekalb, Ill. — ", "Dekalb, Ill."),
        ("New York, NY – ", "New York, NY"),
        ("Indianapolis – ", "Indianapolis"),
        ("London/Berlin - ", "London/Berlin"),
        ("San Francisco — ", "San Francisco"),
    ],
)
def test_datelines_in_small_letters_before_a_sentence(lead: str, place: str) -> None:
    story = "The ferry sailed on time on Tuesday with three hundred on board."
    read = read_blocks(lead + story, is_html=False)
    assert read.text == story
    assert read.dateline is not None
    assert read.dateline.place == place


@pytest.mark.parametrize("line", ["Staff Reports", "From staff and wire reports", "STAFF REPORT"])
def test_a_line_of_the_staff_names_nobody(line: str) -> None:
    read = read_blocks(f"{line}\n\n{STORY}", is_html=False)
    assert (read.text, read.authors, read.blocks[0].type) == (STORY, (), BlockType.BYLINE)
    assert read_blocks("Staff\n\n" + STORY, is_html=False).text == f"Staff\n\n{STORY}"


def test_a_byline_and_lead_inside_a_summary() -> None:
    lead = "By Jane Roe and John Doe DUBAI, Feb 17 (Reuters) - "
    read = read_blocks(f"<p>{lead}Oil rose. It fell again.</p>", is_html=True)
    assert (read.text, read.authors) == ("Oil rose. It fell again.", ("Jane Roe", "John Doe"))


@pytest.mark.parametrize(
    ("line", "names", "agency"),
    [
        ("By Jane Roe, Reuters", ("Jane Roe",), "reuters"),
        ("By JANE ROE Associated Press", ("JANE ROE",), "ap"),
        ("By Jane Roe | AP", ("Jane Roe",), "ap"),
        ("BY JANE ROE AND JOHN DOE", ("JANE ROE", "JOHN DOE"), None),
        ("By Jane Roe with AFP", ("Jane Roe",), "afp"),
        ("By Jane Roe with John Doe in Cairo", ("Jane Roe", "John Doe"), None),
        ("By Jane Roe in Port Said", ("Jane Roe",), None),
        ("By Jane Roe of Harbour News", ("Jane Roe",), None),
        ("By Jane Roe, political editor", ("Jane Roe",), None),
        ("By Jane Roe, Harbour News", ("Jane Roe",), None),
        ("By Jane Roe and John Doe, The Port Times", ("Jane Roe", "John Doe"), None),
        ("By Jane Roe (Harbour News)", ("Jane Roe",), None),
        ("By Jane Roe (AFP)", ("Jane Roe",), "afp"),
        ("By Jane Roe of the Harbour News", ("Jane Roe",), None),
        ("By Jane Roe · Harbour News", ("Jane Roe",), None),
        ("By Jane Roe in Port Said and John Doe in Suez", ("Jane Roe", "John Doe"), None),
        ("By Jane Roe - Portside, Ohio", ("Jane Roe",), None),
        ("By Jane Roe – Updated 5 May 2024, 10:00", ("Jane Roe",), None),
        ("By Jane Roe jane@harbour.example", ("Jane Roe",), None),
        ("Written by Jane Roe", ("Jane Roe",), None),
        ("Von Jana Roe, dpa", ("Jana Roe",), "dpa"),
        ("Por Juana Roe y Juan Doe", ("Juana Roe", "Juan Doe"), None),
        ("Di Gianna Roe", ("Gianna Roe",), None),
        ("Propos recueillis par Jeanne Roe", ("Jeanne Roe",), None),
        ("Автор: Иван Петров", ("Иван Петров",), None),
        ("بقلم: سعيد حسن", ("سعيد حسن",), None),
    ],
)
def test_bylines(line: str, names: tuple[str, ...], agency: str | None) -> None:
    said = byline(line)
    assert said is not None
    assert (said.names, said.agency.code if said.agency else None) == (names, agency)
    read = read_blocks(f"{line}\n\n{STORY}", is_html=False)
    assert (read.text, read.authors) == (STORY, names)
    assert (read.agency.code if read.agency else None) == agency


@pytest.mark.parametrize(
    "line",
    [
        *("By Jane Roe in the harbour", "Von Anfang An war es so.", "بقلم رصاص", "Di Roe"),
        *("By Christmas Eve, half the town was dark", "By Royal Command – a history of the port"),
        *("By Tuesday Night, Four Ferries Were Held", "Por San Juan, la playa se llena"),
        *("By Jane Roe, the ferry is a home", "Par Jeanne Roe, le port revit"),
    ],
)
def test_no_bylines(line: str) -> None:
    assert byline(line) is None


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("홍길동 기자", ("홍길동",)),
        ("홍길동 기자 hong@harbour.example", ("홍길동",)),
        ("홍길동·김철수 특파원", ("홍길동", "김철수")),
        ("[홍길동 기자]", ("홍길동",)),
        ("本报记者 王小明", ("王小明",)),
        ("（记者王小明、李大海）", ("王小明", "李大海")),
        ("记者：王小明 报道", ("王小明",)),
        ("홍길동 칼럼니스트 hong@harbour.example", ("홍길동",)),
        ("칼럼니스트 홍길동 hong@harbour.example", ("홍길동",)),
        ("文／山田花子", ("山田花子",)),
        ("山田花子記者", ("山田花子",)),
        ("記者・山田花子", ("山田花子",)),
    ],
)
def test_reporters_in_east_asian_lines_wherever_they_stand(
    line: str, names: tuple[str, ...]
) -> None:
    for text in (f"{line}\n\n渡轮离港。", f"渡轮离港。\n\n{line}", f"渡轮离港\n{line}"):
        read = read_blocks(text, is_html=False)
        assert read.authors == names
        assert [b.type for b in read.blocks if b.text == line] == [BlockType.BYLINE]


@pytest.mark.parametrize(
    "line",
    [
        *(
            "기자",
            "기자들이 항구에 모였다.",
            "记者在港口看到渡轮。",
            "記者会見が開かれた。",
            "王" * 130,
        ),
        *(
            "记者：为什么",
            "记者：你好吗",
            "记者：谢谢您",
            "记者：何时开船",
            "记者 节日快乐",
            "记者报道",
        ),
        *("記者：今後の予定は", "記者：質問があります", "記者会見", "記者 会見", "新聞記者"),
        *("정치부 기자", "신입 기자", "어느 기자"),
    ],
)
def test_sentences_with_reporters_stay(line: str) -> None:
    assert read_blocks(line, is_html=False).text == line


@pytest.mark.parametrize("line", ["By AFP", "BY REUTERS", "By Reuters Staff", "• Kyodo", "(AFP)"])
def test_an_agency_as_the_only_author(line: str) -> None:
    read = read_blocks(f"{line}\n\n{STORY}", is_html=False)
    assert read.agency is not None
    assert (read.text, read.authors, read.blocks[0].type) == (STORY, (), BlockType.CREDIT)


@pytest.mark.parametrize(
    "line",
    [
        "(Reporting by Jane Roe; Editing by John Doe)",
        "Additional reporting by Jane Roe.",
        "With reporting by Jane Roe",
        "With files from The Canadian Press",
        "—With inputs from PTI",
        "(With agency inputs)",
        "Jane Roe in Cairo contributed to this report.",
        "Mit Material der dpa und AFP",
        "Avec AFP et Reuters",
        "责任编辑：王小明",
        "Reporting by Jane Roe in Cairo; additional reporting by John Doe; editing by Ann Poe-Roe",
        "AFP contributed to this report.",
        "With Harbour wires",
        "Contributing: Jane Roe, John Doe",
        "Das Gespräch führte Jana Roe.",
    ],
)
def test_sign_offs(line: str) -> None:
    assert is_sign_off(line)


@pytest.mark.parametrize(
    "line",
    [
        "With reports from Asia slow, the harbour waited.",
        "With inputs from farms rising, the harbour waited.",
        "Avec Jeanne à bord, le bateau part.",
        "The storm contributed to this report being late.",
        "Editing by Committee has become the rule at the harbour.",
        "Compiled by Alfred the Great, the harbour book is on show.",
        "Edited by Jane Roe, the magazine sold at the quay.",
        "Scientists from six harbours contributed to this report",
        "编辑：这个职业正在消失",
    ],
)
def test_no_sign_offs(line: str) -> None:
    assert not is_sign_off(line)


def test_outlets_go_where_people_are_named_beside_them() -> None:
    assert read_authors(("Harbour News", "Jane Roe")).names == ("Jane Roe",)
    assert read_authors(("Jane Roe", "Ferry Team")).names == ("Jane Roe",)
    assert read_authors(("Harbour News", "Ferry Team")).names == ("Harbour News", "Ferry Team")


@pytest.mark.parametrize(
    ("raw", "names", "agency"),
    [
        ("none@none.com (AFP | Reuters)", (), "afp"),
        ("Jane Roe with John Doe", ("Jane Roe", "John Doe"), None),
        ("JANE ROE AND JOHN DOE", ("JANE ROE", "JOHN DOE"), None),
        ("Jane Roe, John Doe and Ann Poe", ("Jane Roe", "John Doe", "Ann Poe"), None),
        ("ワシントン＝山田花子", ("山田花子",), None),
        ("山田花子＝ワシントン", ("山田花子",), None),
        ("ワシントン＝ロンドン", ("ワシントン＝ロンドン",), None),
        ("AFP=時事", (), "afp"),
        ("Dr. Jane Roe", ("Jane Roe",), None),
        ("Dr. Roe", ("Dr. Roe",), None),
        ("Prof. John Doe, PhD", ("John Doe",), None),
        ("Herr Johann Roe", ("Johann Roe",), None),
        ("Jane Roe in Tokyo", ("Jane Roe",), None),
        ("Jane Roe, Political Editor", ("Jane Roe",), None),
        ("Jane Roe | Harbour correspondent", ("Jane Roe",), None),
        ("Jane Roe, Chefredakteurin", ("Jane Roe",), None),
        ("Jane Roe Associated Press", ("Jane Roe",), "ap"),
        ("Jane Roe/AFP", ("Jane Roe",), "afp"),
        ("Jane Roe and agencies", ("Jane Roe",), None),
        ("홍길동 기자", ("홍길동",), None),
        ("王小明 记者", ("王小明",), None),
        ("山田花子記者", ("山田花子",), None),
        ("記者・山田花子", ("山田花子",), None),
        ("Von Jana Roe", ("Jana Roe",), None),
        ("jane@harbour.example", (), None),
        ("Sir John Doe", ("Sir John Doe",), None),
        ("By Jane Roe, Harbour News", ("Jane Roe",), None),
        ("Jane Roe and John Doe, Harbour News Staff", ("Jane Roe", "John Doe"), None),
        ("Jane Roe | The Port Times", ("Jane Roe",), None),
        ("Jane Roe - Harbour Zeitung", ("Jane Roe",), None),
        ("Jane Roe - John Doe", ("Jane Roe", "John Doe"), None),
        ("Jane Roe, harbour.example", ("Jane Roe",), None),
        ("Jane Roe, PTB", ("Jane Roe",), None),
        ("山田花子、港新聞", ("山田花子",), None),
        ("Jane Roe (Harbour News)", ("Jane Roe",), None),
        ("Jane Roe (AFP)", ("Jane Roe",), "afp"),
        ("Editor (Jane Roe)", ("Jane Roe",), None),
        ("Jane Roe for Harbour News", ("Jane Roe",), None),
        ("JANE ROE, Of the Harbour News Staff", ("JANE ROE",), None),
        ("JANE ROE Harbour News Staff Writer", ("JANE ROE",), None),
        ("Jane Roe Staff Writer", ("Jane Roe",), None),
        ("Jane Roe Senior Political Correspondent", ("Jane Roe",), None),
        ("Jane Roe, Professor of Law, Port University", ("Jane Roe",), None),
        ("Jane Roe, Head of Data", ("Jane Roe",), None),
        ("Text: Jana Roe, Fotos: Jan Doe", ("Jana Roe",), None),
        ("Jane Roe | Photos by John Doe", ("Jane Roe",), None),
        ("Jane Roe, Emily Post, John Head", ("Jane Roe", "Emily Post", "John Head"), None),
        ("ROE-DUPONT Jeanne", ("ROE-DUPONT Jeanne",), None),
        ("VAN DE ROE Jeanne", ("VAN DE ROE Jeanne",), None),
        ("The Port Times", ("The Port Times",), None),
        ("/u/ferry_fan", ("/u/ferry_fan",), None),
        ("srf/hosb", ("srf/hosb",), None),
        ("Harbour Inc.", ("Harbour Inc.",), None),
        ("Roe, J., Doe, J. R., Poe, A.-L.", ("Roe, J.", "Doe, J. R.", "Poe, A.-L."), None),
        ("Harbour Department of Ferries", ("Harbour Department of Ferries",), None),
        ("Harbour News", ("Harbour News",), None),
    ],
)
def test_authors_of_feeds(raw: str, names: tuple[str, ...], agency: str | None) -> None:
    said = read_authors((raw,))
    assert (said.names, said.agency.code if said.agency else None) == (names, agency)
