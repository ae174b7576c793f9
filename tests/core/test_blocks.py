"""Text as typed blocks: what divides it, who wrote it where, and what is not the story's."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from app.core.normal.agencies import agencies, agency_named
from app.core.normal.blocks import MAX_BLOCKS, BlocksRead, read_blocks
from app.core.normal.boilerplate import MAX_LINE_CHARS, boilerplate_rule
from app.core.normal.bylines import byline, is_sign_off
from app.core.normal.credits import credit_line, lead_of
from app.core.normal.datelines import bare_lead
from app.core.story import OWN_BLOCKS, BlockType


def html(value: str) -> BlocksRead:
    return read_blocks(value, is_html=True)


def plain(value: str) -> BlocksRead:
    return read_blocks(value, is_html=False)


def shape(read: BlocksRead) -> list[tuple[str, str]]:
    return [(block.type.value, block.text) for block in read.blocks]


def paragraphs(*texts: str) -> list[tuple[str, str]]:
    return [("paragraph", text) for text in texts]


# --- what divides a text ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        "<p>One pier.</p><p>Two piers.</p>",
        "<p>One pier.<p>Two piers.",
        "One pier.<br><br>Two piers.",
        "One pier.<br> \n<br/>Two piers.",
        "<p>One pier.<br>Two piers.</p>",
        "<div>One pier.<div>Two piers.</div></div>",
        "<div>One pier.</div>Two piers.",
        "<table><tr><td>One pier.</td><td>Two piers.</td></tr></table>",
        "<p>One\npier.</p>\n\n<p><b>T</b>wo <a href=x>piers</a>.</p><script>x</script><!-- y -->",
        "&lt;p&gt;One pier.&lt;/p&gt;&lt;p&gt;Two piers.&lt;/p&gt;",
        "<pre>One pier.\n\nTwo piers.</pre>",
        "<p>One pier.</p><hr><p> &nbsp; </p><p>\u200bTwo piers.</p>",
    ],
)
def test_paragraphs_of_html(value: str) -> None:
    assert shape(html(value)) == paragraphs("One pier.", "Two piers.")


@pytest.mark.parametrize(
    "value", ["One pier.\n\nTwo piers.", "One pier.\r\n \r\nTwo piers.", "One pier.\nTwo piers.\n"]
)
def test_paragraphs_of_plain_text(value: str) -> None:
    assert shape(plain(value)) == paragraphs("One pier.", "Two piers.")


def test_line_breaks_inside_a_sentence_stay() -> None:
    assert shape(html("<p>The tide<br>turns</p>")) == paragraphs("The tide\nturns")
    assert shape(plain("The tide\nturns")) == paragraphs("The tide\nturns")
    assert shape(plain("Wrapped here.\nAnd on.\n\nNext.")) == paragraphs(
        "Wrapped here.\nAnd on.", "Next."
    )


def test_markup_in_plain_text_is_text() -> None:
    assert shape(plain("Use <p> & <br>.")) == paragraphs("Use <p> & <br>.")


def test_kinds() -> None:
    read = html(
        "<h2>Timetable</h2><ul><li>Seven</li><li>Nine<ul><li>Sundays</li></ul></li></ul>"
        "<blockquote><p>We sail.</p><p>Always.</p></blockquote>"
        "<figure><img src=a alt=b><figcaption>The quay</figcaption></figure>After."
    )
    assert shape(read) == [
        ("heading", "Timetable"),
        ("list", "Seven"),
        ("list", "Nine"),
        ("list", "Sundays"),
        ("quote", "We sail."),
        ("quote", "Always."),
        ("caption", "The quay"),
        ("paragraph", "After."),
    ]
    assert read.text == ("Timetable\n\nSeven\n\nNine\n\nSundays\n\nWe sail.\n\nAlways.\n\nAfter.")


def test_nothing_gives_nothing() -> None:
    assert html("") == html("<p> </p><img src=x>") == plain(" \n ") == BlocksRead()


def test_the_number_of_blocks_is_bounded() -> None:
    assert len(plain("Pier\n\n" * (MAX_BLOCKS + 10)).blocks) == MAX_BLOCKS


# --- an opening that is said twice --------------------------------------------------------------

FIRST = "The ferry left the harbour on Tuesday morning."
SECOND = "Three hundred were on board, the port said."


@pytest.mark.parametrize(
    "value",
    [
        f"<p>{FIRST}</p><p>{FIRST}</p><p>{SECOND}</p>",
        f"<p>{FIRST}</p><p>{FIRST}</p><p>{FIRST}</p><p>{SECOND}</p>",
        f"<h2>{FIRST}</h2><figcaption>The quay</figcaption><p>{FIRST}</p><p>{SECOND}</p>",
        f"<p>{FIRST}</p><p>Advertisement</p><p>{FIRST}</p><p>{SECOND}</p>",
        f"<p>{FIRST}</p><p>{SECOND}</p><p>{FIRST}</p><p>{SECOND}</p>",
        f"<p>{FIRST} {FIRST}</p><p>{SECOND}</p>",
        f"<p>{FIRST} {FIRST} {FIRST}</p><p>{SECOND}</p>",
        f"{FIRST}<br>{FIRST}<p>{SECOND}",
        f"<p>The ferry left the harbour on Tuesday mor…</p><p>{FIRST}</p><p>{SECOND}</p>",
        f"<p>The ferry left the harbour on Tuesday mor [...]</p><p>{FIRST}</p><p>{SECOND}</p>",
    ],
)
def test_an_opening_is_said_once(value: str) -> None:
    read = html(value)
    own = [block for block in read.blocks if block.type in OWN_BLOCKS]
    assert [block.text for block in own] == [FIRST, SECOND]
    assert [block.rule for block in own] == ["repeated-opening", "paragraph"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (f"<p>{FIRST}</p><p>{FIRST} {SECOND}</p>", f"{FIRST} {SECOND}"),
        (f"<p>{FIRST} {SECOND}</p><p>{FIRST}</p><p>{SECOND} It rained.</p>", None),
        (f"<p>{FIRST} {SECOND} {FIRST} {SECOND} It rained.</p>", f"{FIRST} {SECOND} It rained."),
        (f"<p>TOKYO (Kyodo) - {FIRST}</p><p>{FIRST} {SECOND}</p>", f"{FIRST} {SECOND}"),
        (f"<p>{FIRST}</p><p>TOKYO (Kyodo) - {FIRST} {SECOND}</p>", f"{FIRST} {SECOND}"),
        (
            "<p>船が港を出た。</p><p>船が港を出た。三百人が乗った。</p>",
            "船が港を出た。三百人が乗った。",
        ),
        (
            "連絡船が港を出た。連絡船が港を出た。三百人が乗った。",
            "連絡船が港を出た。三百人が乗った。",
        ),
    ],
)
def test_an_opening_said_again_with_more(value: str, text: str | None) -> None:
    read = html(value)
    assert read.text == (text or f"{FIRST}\n\n{SECOND} It rained.")
    assert "repeated-opening" in [block.rule for block in read.blocks]


def test_the_lead_of_a_second_opening_is_read() -> None:
    read = html(f"<p>{FIRST}</p><p>TOKYO (Kyodo) - {FIRST}</p>")
    assert read.dateline is not None
    assert shape(read) == [("dateline", "TOKYO (Kyodo) -"), ("paragraph", FIRST)]


@pytest.mark.parametrize(
    "value",
    [
        f"<p>{FIRST}</p><p>A{FIRST[3:]}</p>",
        f"<p>{FIRST}</p><p>{FIRST[:-1]}, on time.</p>",
        f"<p>{FIRST}</p><p>{FIRST.lower()}</p>",
        "<p>The ferry left the harbour</p><p>The ferry left the harbour at nine.</p>",
        "<p>The ferry…</p><p>The ferry left the harbour on Tuesday morning.</p>",
        "<p>No, no, no!</p><p>No, no, no! We sail.</p>",
        "<p>No! No! No! We sail.</p>",
        "<p>The ferry left at one, the ferry left at two, the ferry left at three.</p>",
        f"<p>{FIRST} {FIRST[:-1]} of May.</p>",
        f"<p>{FIRST}</p><p>{SECOND}</p><p>{FIRST}</p>",
        f"<p>{FIRST}</p><p>Tokyo - {SECOND}</p>",
        f"<p>{FIRST}</p><p>Early on Tuesday. {FIRST}</p>",
        f"<p>{SECOND}</p><p>{FIRST}</p><p>TOKYO (Kyodo) - {FIRST}</p>",
        f"<ul><li>{FIRST}</li><li>{FIRST}</li></ul>",
        "<p>" + "The ferry sails. " * 40 + "</p>",
        "<p>" + "The ferry sails, the ferry sails again, " * 40 + "</p>",
    ],
)
def test_what_is_said_again_in_another_form_stays(value: str) -> None:
    read = html(value)
    assert "repeated-opening" not in [block.rule for block in read.blocks]
    assert "".join(read.text.split()) == "".join(re.sub("<[^>]+>", " ", value).split())


# --- credits ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("• Kyodo", "kyodo"),
        ("(Kyodo)", "kyodo"),
        ("KYODO NEWS", "kyodo"),
        ("（共同）", "kyodo"),
        ("【共同通信】", "kyodo"),
        ("AFP-JIJI", "afp"),
        ("Reuters, Staff Report", "reuters"),
        ("AP and Reuters", "ap"),
        ("Source: Xinhua", "xinhua"),
        ("© AFP", "afp"),
        ("연합뉴스", "yonhap"),
        ("(رويترز)", "reuters"),
        ("Quelle: dpa", "dpa"),
        ("Kyodo said the ferry sailed", None),
        ("Reuters Plaza", None),
        ("APEC", None),
        ("ap", None),
        ("Kyodo and the port authority", None),
        ("Kyodo" + " " * 100, None),
    ],
)
def test_a_credit_line(line: str, code: str | None) -> None:
    agency = credit_line(line)
    assert (agency.code if agency else None) == code


@pytest.mark.parametrize(
    ("lead", "code", "dateline", "place"),
    [
        ("SAITAMA, Japan, Dec. 9 Kyodo - ", "kyodo", "SAITAMA, Japan, Dec. 9", "SAITAMA, Japan"),
        ("TOKYO (Kyodo) -- ", "kyodo", "TOKYO", "TOKYO"),
        ("Kyodo - ", "kyodo", None, None),
        ("(AFP) – ", "afp", None, None),
        ("MOSUL, Iraq/BAGHDAD (Reuters) - ", "reuters", *["MOSUL, Iraq/BAGHDAD"] * 2),
        ("BEIJING, March 5 (Xinhua) -- ", "xinhua", "BEIJING, March 5", "BEIJING"),
        ("Paris (AFP) ", "afp", "Paris", "Paris"),
        ("Rio de Janeiro, 5 mar (EFE).- ", "efe", "Rio de Janeiro, 5 mar", "Rio de Janeiro"),
        ("ROMA, 05 MAR - (ANSA) - ", "ansa", "ROMA, 05 MAR", "ROMA"),
        ("Berlin (dpa/lno) - ", "dpa", "Berlin", "Berlin"),
        ("Berlin (dpa) - ", "dpa", "Berlin", "Berlin"),
        ("МОСКВА, 5 марта. /ТАСС/. ", "tass", "МОСКВА, 5 марта", "МОСКВА"),
        ("МОСКВА, 5 мар - РИА Новости. ", "ria", "МОСКВА, 5 мар", "МОСКВА"),
        ("【ワシントン共同】", "kyodo", "ワシントン", "ワシントン"),
        ("【パリ=時事】", "jiji", "パリ", "パリ"),
        ("［東京　５日　ロイター］ - ", "reuters", "東京 ５日", "東京"),
        ("(서울=연합뉴스) ", "yonhap", "서울", "서울"),
        ("新华社北京3月5日电 ", "xinhua", "北京3月5日", "北京"),
        ("القاهرة (رويترز) - ", "reuters", "القاهرة", "القاهرة"),
    ],
)
def test_a_lead(lead: str, code: str | None, dateline: str | None, place: str | None) -> None:
    read = html(f"<p>{lead}The ferry sailed.</p><p>It came back.</p>")
    assert (read.agency.code if read.agency else None) == code
    assert (read.dateline.text if read.dateline else None) == dateline
    assert (read.dateline.place if read.dateline else None) == place
    if code:
        assert read.text == "The ferry sailed.\n\nIt came back."
        first = read.blocks[0]
        assert (first.type, first.text) == (
            BlockType.DATELINE if dateline else BlockType.CREDIT,
            " ".join(lead.split()),
        )


@pytest.mark.parametrize(
    ("text", "authors"),
    [
        (
            "By Jane Roe and John Q. Doe DUBAI, Feb 17 (Reuters) - Oil rose.",
            ("Jane Roe", "John Q. Doe"),
        ),
        ("(서울=연합뉴스) 홍길동 기자 = 여객선이 떠났다.", ("홍길동",)),
        ("新华社北京3月5日电（记者王小明、李大海）渡轮离港。", ("王小明", "李大海")),
    ],
)
def test_authors_in_a_lead(text: str, authors: tuple[str, ...]) -> None:
    read = plain(text)
    assert read.authors == authors
    assert len(read.blocks) == 2
    assert read.dateline is not None


@pytest.mark.parametrize(
    "text",
    [
        "The harbour master told (Reuters) - as he put it - that the ferry sailed.",
        "Officials told Kyodo - the agency - that the ferry sailed.",
        "Kyodo News reported on Monday that the ferry sailed.",
        "The Associated Press (AP) reported that the ferry sailed.",
        "Yonhap News Agency (Yonhap) The agency is in Seoul.",
        "A man (Reuters) The ferry sailed.",
        "The Mayor Of Greater Saitama City (AFP) The ferry sailed.",
        "政府（共同）は発表した。",
        "時事通信によると、東京電力は発表した。",
        "PA system failed on the ferry.",
    ],
)
def test_a_mention_of_an_agency_is_no_credit(text: str) -> None:
    read = plain(text)
    assert shape(read) == paragraphs(text)
    assert read.agency is None


def test_a_lead_stands_at_the_beginning_or_after_the_standfirst() -> None:
    read = plain("The ferry sailed.\n\nIt came back.\n\nTOKYO (Kyodo) - The ferry is back.")
    assert read.text == "The ferry sailed.\n\nIt came back.\n\nTOKYO (Kyodo) - The ferry is back."
    assert read.dateline is None


@pytest.mark.parametrize(
    ("last", "code"),
    [
        ("船が出た。（共同）", "kyodo"),
        ("The ferry sailed. (AFP)", "afp"),
        ("The ferry sailed. [AP, Reuters]", "ap"),
        ("船が出た。（AFP＝時事）", "afp"),
        ("The ferry sailed. (AFP) (AP)", "ap"),
    ],
)
def test_a_credit_at_the_end(last: str, code: str) -> None:
    read = plain(f"First.\n\n{last}")
    assert read.agency is not None
    assert read.agency.code == code
    assert read.text.endswith(("出た。", "sailed."))
    assert read.blocks[-1].type is BlockType.CREDIT


def test_no_tail_without_a_paragraph_to_end() -> None:
    assert html("<ul><li>Seven (AFP)</li></ul>").agency is None
    assert shape(plain("Kyodo (AFP")) == paragraphs("Kyodo (AFP")


@pytest.mark.parametrize(
    ("text", "shape_of_it"),
    [
        ("(서울=연합뉴스) Kyodo", ["dateline", "credit"]),
        ("TOKYO (Kyodo) - AFP - The ferry sailed.", ["dateline", "credit", "paragraph"]),
        ("TOKYO (Kyodo) -", ["dateline"]),
        ("Advertisement (AFP)", ["boilerplate", "credit"]),
        ("It sailed\nKyodo (AFP)", ["paragraph", "credit", "credit"]),
    ],
)
def test_what_a_credit_leaves_is_looked_at_again(text: str, shape_of_it: list[str]) -> None:
    assert [block.type.value for block in plain(text).blocks] == shape_of_it


def test_the_first_credit_is_believed() -> None:
    read = plain("Kyodo\n\nTOKYO (AFP) - The ferry sailed.\n\nReuters")
    assert read.agency == agency_named("Kyodo")
    assert [block.type for block in read.blocks] == [
        BlockType.CREDIT,
        BlockType.DATELINE,
        BlockType.PARAGRAPH,
        BlockType.CREDIT,
    ]


@pytest.mark.parametrize(
    ("line", "authors"),
    [
        ("By Jane Roe", ("Jane Roe",)),
        ("BY JANE ROE", ("JANE ROE",)),
        ("By Jane Roe and John Doe, Staff Writers", ("Jane Roe", "John Doe")),
        ("By Jane Roe | Harbour correspondent", ("Jane Roe",)),
        ("Par Jeanne Dupont", ("Jeanne Dupont",)),
        ("By Jane", None),
        ("By Jane Roe the ferry was seen leaving", None),
        ("By Monday Morning, the ferry had sailed.", None),
        ("Bye Jane Roe", None),
        ("By " + "Jane Roe, " * 20, None),
        ("By Staff Writer", None),
    ],
)
def test_a_byline(line: str, authors: tuple[str, ...] | None) -> None:
    said = byline(line)
    assert (said.names if said else None) == authors


def test_byline_credit_and_sign_off_around_a_story() -> None:
    read = html(
        "<p>By Jane Roe<br>Reuters</p><p>The ferry sailed.</p><p>By John Doe</p>"
        "<p>(Reporting by Jane Roe; Editing by John Doe)</p>"
    )
    assert shape(read) == [
        ("byline", "By Jane Roe"),
        ("credit", "Reuters"),
        ("paragraph", "The ferry sailed."),
        ("paragraph", "By John Doe"),
        ("byline", "(Reporting by Jane Roe; Editing by John Doe)"),
    ]
    assert read.authors == ("Jane Roe",)
    assert not is_sign_off("Reporting by ferry is slow.")


def test_thirty_agencies_and_more_in_several_scripts() -> None:
    codes = {agency.code for agency in agencies().values()}
    assert len(codes) >= 30
    for form in ("共同", "연합뉴스", "رويترز", "ТАСС", "新华社", "dpa", "DPA"):
        assert agency_named(form) is not None
    assert agency_named("Harbour News") is None


# --- boilerplate ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "The post Ferry sails again appeared first on Harbour News.",
        "This article was originally published on Harbour News.",
        "Continue reading “Ferry sails again”",
        "Continue reading…",
        "Read more: Ferry sails again",
        "Read the full story →",
        "Related: Ferry sails again",
        "In an age of too much information, the harbour needs journalism that lasts.",
        "By subscribing, you keep our lighthouse lit.",
        "Subscribe now",
        "Sign up for our free daily newsletter",
        "Get our newsletter every morning",
        "© 2024 Harbour News",
        "Copyright 2024 Harbour News. All rights reserved.",
        "Harbour News. All Rights Reserved.",
        "Share this article on Facebook",
        "Follow Harbour News on Instagram",
        "Advertisement",
        "続きを読む",
        "関連記事：フェリー再開",
        "この記事は有料会員限定です。",
        "残り：512文字／全文：1024文字",
        "メールマガジンの登録はこちら",
        "記事・写真の無断転載を禁じます。",
        "シェアする ツイートする",
        "<저작권자(c) 항구신문, 무단 전재-재배포 금지>",
        "未经授权，不得转载",
        "Lire la suite…",
        "Der Beitrag Fähre fährt wieder erschien zuerst auf Hafenblatt.",
        "La entrada El barco zarpa se publicó primero en Diario del Puerto.",
        "اقرأ أيضا: العبارة تبحر",
    ],
)
def test_the_publishers_own_lines(line: str) -> None:
    assert boilerplate_rule(line) is not None
    read = plain(f"The ferry sailed.\n\n{line}")
    assert read.text == "The ferry sailed."
    assert read.blocks[-1].type is BlockType.BOILERPLATE


@pytest.mark.parametrize(
    "paragraph",
    [
        "The post that started the quarrel first appeared on a harbour forum on Monday.",
        "The article, which criticised the mayor, appeared on Monday.",
        "Keep reading to children, the harbour's teachers say.",
        "Read more books, the minister told the sailors.",
        "Register to vote by Friday, the harbour board urged its members.",
        "Subscribe to the theory or not, the tide rises.",
        "Sign up for the rescue course by May, the coast guard says.",
        "Sign up for the harbour pass using the same email as your ferry account",
        "Copyright reform passed in 2019 after a long debate in the harbour town.",
        "The museum keeps all rights reserved by the sculptor.",
        "Readers share this article of faith on the quay.",
        "Advertisement spending fell by a tenth, the harbour said.",
        "In an age of sail, information travelled with the wind.",
        "有料会員が百万人を超えたと港湾新聞は発表した。",
        "サイトが無断転載で訴えられた。",
        "メルマガの登録者が減っている。",
        "저작권자들은 항구에서 소송을 냈다.",
        "未经授权的船只不得入港。",
        "Leer más libros es el objetivo del puerto.",
        "Inscrivez-vous sur les listes, dit la capitainerie.",
    ],
)
def test_a_real_paragraph_with_such_words_stays(paragraph: str) -> None:
    assert shape(html(f"<p>The ferry sailed.</p><p>{paragraph}</p>")) == paragraphs(
        "The ferry sailed.", paragraph
    )


def test_a_long_paragraph_is_never_boilerplate() -> None:
    line = "Der Beitrag {} erschien zuerst auf Hafenblatt."
    assert boilerplate_rule(line.format("a" * 100)) is not None
    assert boilerplate_rule(line.format("a" * MAX_LINE_CHARS)) is None


def test_two_closing_lines_in_one_paragraph() -> None:
    read = html(
        "<p>• Kyodo</p><p>The ferry sailed.</p><p>In a world of too much information, careful "
        "journalism is a lighthouse.<br>By subscribing, you keep it lit.</p>"
    )
    assert [block.type.value for block in read.blocks] == [
        *("credit", "paragraph", "boilerplate", "boilerplate"),
    ]


# --- corrections and captions -----------------------------------------------------------------


@pytest.mark.parametrize(
    "note",
    [
        "CORRECTION: The ferry left at nine, not at ten.",
        "Correction: The ferry left at nine.",
        "Correction (May 5): The ferry left at nine.",
        "Correction, May 5, 2024: The ferry left at nine.",
        "Clarification: The ferry left at nine.",
        "(This story corrects the hour in the second paragraph.)",
        "This article has been amended to give the right hour.",
        "This article was amended on 5 May 2024 to give the right hour.",
        "This story has been corrected: the ferry left at nine.",
        "This report has been updated.",
        "This post was corrected on 5 May.",
        "The headline of this story has been amended.",
        "Correction appended: the ferry left at nine",
        "CORRECTION: hour of the ferry",
        "An earlier version of this article gave a wrong hour.",
        "(Corrects hour in second paragraph)",
        "訂正：出港は９時でした。",
        "【訂正】出港は９時でした。",
        "記事中の時刻に誤りがありました。おわびして訂正します。",
        "정정: 출항은 9시였습니다.",
        "[정정] 출항은 9시였습니다.",
        "更正：开船时间是九点。",
        "Korrektur: Die Fähre fuhr um neun.",
        "In einer früheren Version dieses Artikels stand eine falsche Uhrzeit.",
        "Rectificatif : le bateau est parti à neuf heures.",
        "Cet article a été modifié : le bateau est parti à neuf heures.",
        "Corrección: El barco zarpó a las nueve.",
        "Una versión anterior de este artículo daba otra hora.",
        "تصحيح: غادرت العبارة في التاسعة.",
    ],
)
def test_corrections(note: str) -> None:
    for read in (plain(f"The ferry sailed.\n\n{note}"), html(f"<p>The ferry sailed<br>{note}</p>")):
        assert [block.type.value for block in read.blocks] == ["paragraph", "correction"]
        assert read.blocks[1].rule == "correction-note"
        assert read.text.endswith(note)


def test_a_correction_before_the_lead_does_not_hide_it() -> None:
    read = plain("(Corrects hour)\n\nTOKYO (Kyodo) - The ferry sailed.")
    assert [block.type.value for block in read.blocks] == ["correction", "dateline", "paragraph"]


@pytest.mark.parametrize(
    "line",
    [
        "Photo: The ferry at the quay",
        "FILE PHOTO: The ferry at the quay. REUTERS/Jane Roe",
        "The ferry at the quay. REUTERS/Jane Roe/File Photo",
        "FILE - The ferry at the quay on May 5.",
        "The ferry at the quay. (AP Photo/Jane Roe)",
        "(Photo by Jane Roe)",
        "Image credit: Jane Roe",
        "（写真は港のフェリー）",
        "【写真】港のフェリー",
        "写真：港のフェリー",
        "[사진=항구신문]",
        "▲ 항구의 여객선 (사진=항구신문)",
        "▲ 항구의 여객선 ⓒ항구신문",
        "Photo d’archives",
        "Main image credit: Jane Roe",
        "Image Source: Jane Roe / Harbour Pictures",
        "Fotos: Jana Roe, Jan Doe",
        "(Graphic: Ferries by harbour - here)",
        "Légende : le bateau à quai",
        "图为渡轮。",
        "Foto: Jane Roe",
        "Symbolbild: Eine Fähre",
        "Crédit photo : Jeanne Roe",
        "صورة: العبارة",
        "Photo: Jane Roe.",
        "Foto: Jana Roe/dpa",
        "Bild: Die Fähre liegt am Kai. (dpa)",
        "Imagen: El barco en el muelle. © Puerto",
        "写真：港のフェリー。（共同）",
        "사진: 항구의 여객선",
    ],
)
def test_lines_about_pictures(line: str) -> None:
    read = plain(f"The ferry sailed.\n\n{line}")
    assert shape(read) == [("paragraph", "The ferry sailed."), ("caption", line)]
    assert read.blocks[1].rule == "photo-line"
    assert read.text == "The ferry sailed."


@pytest.mark.parametrize(
    "paragraph",
    [
        "Correction officers said the ferry sailed.",
        "Corrections were asked for by the harbour board.",
        "This article of faith has been amended by many a captain, the master said.",
        "This story was told to sailors for a century.",
        "An earlier version of the ferry sank.",
        "Photos of the ferry were sold at the quay.",
        "Photo editors said the ferry was blue.",
        "File a claim, the harbour board says.",
        "訂正を求める声が港で上がった。",
        "정정을 요구하는 목소리가 나왔다.",
        "写真展が港で開かれた。",
        "사진전이 항구에서 열렸다.",
        "图片社在港口开业。",
        "Foto und Film zeigt das Museum.",
        "Korrektur der Route gefordert.",
        "The harbour master (Reuters) saw the photo.",
        "File – that was all the harbour master said.",
        "（写真家の山田花子は）港を撮り続けている。",
        "【写真展】港の百年を伝える。",
        "（写真）を撮るのが港の日課だ。",
        "[사진전]이 항구에서 열렸다.",
        "▲ 여객선은 돌아온다고 생각한다.",
        "▲ 승객 12% 증가",
        "图为何物？港口的人说不知道。",
        "Légende du port, le bateau revient.",
        "Photo d’archives retrouvée au port, elle fait parler.",
        "Crédito: los bancos prestan al puerto.",
        "Bild: Die Zeitung berichtet als erste über den Hafen.",
        "Photo: The word meant nothing to sailors then.",
        "Imagen: el puerto perdió la que tenía en el mundo.",
        "写真：それは港の記憶を残すために始まった。",
        "사진: 항구는 백 년을 기록으로 남겼다.",
        "图片：它是港口百年的记忆，也是居民的骄傲。",
        "Photo: " + "a harbour with a ferry that has waited at the quay for years and years, " * 2,
        "Correction: prices fell for a third week",
        "Correction: Prices fell for a third week",
        "Korrektur: der Markt gibt nach.",
        "Corrección: los precios bajan por tercera semana",
        "The report was amended by the harbour board.",
        "The story has been corrected over the years.",
        "This report was amended by the harbour board.",
        "This version was updated by its maker.",
    ],
)
def test_what_only_begins_like_a_note_stays(paragraph: str) -> None:
    assert shape(plain(f"The ferry sailed.\n\n{paragraph}")) == paragraphs(
        "The ferry sailed.", paragraph.strip()
    )


def test_a_long_paragraph_is_no_note() -> None:
    long = "Correction: " + "the ferry sailed, " * 80
    assert shape(plain(long)) == paragraphs(long.strip())
    caption = "Photo: " + "the ferry " * 60
    assert shape(plain(caption)) == paragraphs(caption.strip())


# --- any text ---------------------------------------------------------------------------------

pieces = st.lists(
    st.sampled_from(
        "<p> </p> <br> <li> <h2> <blockquote> <pre> <div> </div> \n \n\n . 。 Kyodo AFP (AFP) "
        "（共同） "
        "TOKYO TOKYO,&nbsp;(Kyodo)&nbsp;- - = By Jane Roe and 【東京共同】 "
        "Advertisement Share Reporting by (서울=연합뉴스) 홍길동 기자 电 新华社".split(" ")
    )
    | st.text(max_size=4),
    max_size=14,
)


@settings(deadline=None)
@example(value="TOKYO, (Kyodo) - TOKYO", is_html=False)
@example(value="【東京共同】 TOKYO <p> TOKYO, (Kyodo) - TOKYO", is_html=True)
@given(pieces.map(" ".join) | pieces.map("".join), st.booleans())
def test_the_paragraphs_of_a_text_are_themselves(value: str, is_html: bool) -> None:
    read = read_blocks(value, is_html=is_html)
    others = {block.type for block in read.blocks} & (OWN_BLOCKS - {BlockType.PARAGRAPH})
    # Character references are decoded once at each reading; plain text has no other kinds.
    assume(not others and "&" not in read.text)
    # A story has one lead: what follows a first paragraph is one only where none came before.
    own = [block.text for block in read.blocks if block.type in OWN_BLOCKS]
    led = any(block.rule == "lead" for block in read.blocks)
    assume(not (led and own[1:] and (lead_of(own[1]) or bare_lead(own[1]))))
    assert plain(read.text).text == read.text


@settings(deadline=None)
@given(st.text(), st.booleans())
def test_no_text_makes_it_raise(value: str, is_html: bool) -> None:
    read = read_blocks(value, is_html=is_html)
    assert all(block.text.strip() == block.text != "" for block in read.blocks)


@pytest.mark.parametrize("text", ["（共同）" * 8000, "The ship sailed.\n\n" + "（共同）" * 8000])
def test_credits_without_end_take_no_time(text: str):
    started = time.process_time()
    read = read_blocks(text, is_html=False)
    assert time.process_time() - started < 4
    assert sum(len(block.text) for block in read.blocks) >= 31_000
