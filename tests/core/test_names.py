"""People and organizations that stories name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.story import TagBy
from app.core.tag import fold_code
from app.core.tagging.join import MAX_BEARERS
from app.core.tagging.names import Names, find_names
from app.core.tagging.types import Taggable
from app.core.tagging.words import MAX_CHARS


def names(text: str, *, title: str = "", language: str | None = "en") -> Names:
    return find_names(Taggable(title=title, text=text, language=language))


def people(text: str, *, title: str = "", language: str | None = "en") -> set[str]:
    return {one.name for one in names(text, title=title, language=language).people}


def organizations(text: str, *, title: str = "", language: str | None = "en") -> set[str]:
    return {one.name for one in names(text, title=title, language=language).organizations}


def said(text: str, name: str, *, language: str = "en") -> list[str]:
    """The words that a tag rests on, by its name."""
    found = names(text, language=language)
    (one,) = [tag for tag in (*found.people, *found.organizations) if tag.name == name]
    return [text[span.start : span.end] for span in one.spans]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Secretary of State Rex Tillerson landed.", {"Rex Tillerson"}),
        ("Foreign Minister Fumio Kishida spoke.", {"Fumio Kishida"}),
        ("Dr. Jane Roe spoke.", {"Jane Roe"}),
        ("In Rome, Pope Francis prayed.", {"Pope Francis"}),
        ("Then King Charles III opened it.", {"King Charles III"}),
        ("Governor of Northland Quill Harrow left.", {"Quill Harrow"}),
        ("Texas Sen. Quill Harrow left.", {"Quill Harrow"}),
        ("Acting Deputy Minister Quill Harrow left.", {"Quill Harrow"}),
        ("Quill Harrow, the mayor of Oslo, said no.", {"Quill Harrow"}),
        ("The firm’s chief executive, Quill Harrow, resigned.", {"Quill Harrow"}),
        ("A spokeswoman for the port, Quill Harrow, said no.", {"Quill Harrow"}),
        ("Quill Harrow, 34, was held.", {"Quill Harrow"}),
        ("Quill Harrow (34) was held.", {"Quill Harrow"}),
        ("Quill Harrow, who sells boats, was there.", {"Quill Harrow"}),
        ("“No,” said Quill Harrow.", {"Quill Harrow"}),
        ("The biologist Quill Harrow counts ants.", {"Quill Harrow"}),
        ("Later Jane Roe came.", {"Jane Roe"}),
        ("It was Ursula van der Berg.", {"Ursula van der Berg"}),
        ("It was Mohammed bin Rashid al-Noor.", {"Mohammed bin Rashid al-Noor"}),
        ("It was Juan de la Cruz.", {"Juan de la Cruz"}),
        ("It was J. R. Harrow, a poet.", {"J. R. Harrow"}),
        ("It was Mary-Jane O’Quill.", {"Mary-Jane O’Quill"}),
        ("It was John Roe Jr. again.", {"John Roe Jr."}),
        ("Quill Smith was arrested.", {"Quill Smith"}),
        ("Jane Quill Harrow Roe, a nurse, left.", {"Jane Quill Harrow Roe"}),
        ("Quill van Harrow Roe, a nurse, left.", {"Quill van Harrow Roe"}),
        ("It was Jane May again.", {"Jane May"}),
        ("It was Theresa Brown again.", {"Theresa Brown"}),
        ("They met Lee Chung-tai there.", {"Lee Chung-tai"}),
        ("Quill Smith said profits fell.", {"Quill Smith"}),
        ("Spokesman Quill Harrow and Tove Lindqvist said so.", {"Quill Harrow", "Tove Lindqvist"}),
        ("President Quill Harrow Tuesday met Premier Jane Roe.", {"Quill Harrow", "Jane Roe"}),
    ],
)
def test_people_are_known_by_titles_given_names_and_what_stands_around_them(
    text: str, expected: set[str]
):
    assert people(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "The Prime Minister spoke. The Foreign Minister agreed. State media said so.",
        "Prime Minister Office staff met at the White House on Friday.",
        "On Monday it rained. In April Japan and South Korea signed the Paris Agreement.",
        "Chinese officials met American and Arab ones. Merry Christmas, Europe.",
        "New York and San Francisco and Los Angeles and Sierra Leone were cold.",
        "Georgia, Jordan and Chad signed. Austin and Charlotte did not.",
        "Manchester United beat the Boston Red Sox at Madison Square Garden.",
        "The Northland Times and the Harbour Herald wrote of it.",
        "The Galaxy Note and the Model Three sell well. Windows Vista does not.",
        "Will Congress act? May Day came. Mark the date. Grant money came. Rich Countries pay.",
        "Heavy Snow fell. Election Results came. Breaking News followed.",
        "The Harrow Passage was closed.",
        "They like Buenos Aires, the writer’s town.",
        "President Oslo and Harrow Quill Zorb said so.",
        "The Jane Roe was towed.",  # a ship
        "Quill Harrow said profits fell.",  # it may be a company
        "The Charles River rose. The Victoria Falls did too. The Franklin Institute closed.",
    ],
)
def test_what_has_capitals_is_not_always_a_person(text: str):
    assert people(text) == set()


def test_family_names_alone_are_the_person_named_in_full_before_or_after():
    text = (
        "Harrow’s boat sank. Foreign Minister Quill Harrow swam. Harrow is fine, Mr. Harrow says."
    )
    assert said(text, "Quill Harrow") == ["Harrow", "Quill Harrow", "Harrow", "Harrow"]
    assert people(text) == {"Quill Harrow"}


def test_a_headline_names_shortly_whom_the_text_names_in_full():
    found = names("Secretary of State Rex Tillerson came.", title="Tillerson arrives in Tokyo")
    (tillerson,) = found.people
    assert tillerson.code == "rex-tillerson"
    assert [(span.field, span.start, span.end) for span in tillerson.spans] == [
        ("title", 0, 9),
        ("text", 19, 32),
    ]


def test_a_headline_in_capitals_only_names_who_is_in_the_text():
    title = "TILLERSON MEETS JANE ROE"
    assert people("Secretary of State Rex Tillerson came.", title=title) == {"Rex Tillerson"}


def test_a_headline_in_title_case_gives_no_verb_to_a_name():
    title = "Jane Roe Arrives In Tokyo For Talks With Foreign Leaders"
    assert people("", title=title) == {"Jane Roe"}
    assert people("", title=title.replace("Roe", "Q. Roe")) == {"Jane Q. Roe"}
    assert people("", title="Foreign Minister Meets Mayor Of Oslo After Long Talks") == set()


def test_bearers_of_a_family_name_are_told_apart():
    text = "Jane Harrow, a nurse, met John Harrow, a lawyer. Harrow left."
    assert people(text) == {"Jane Harrow", "John Harrow"}
    assert said(text, "John Harrow") == ["John Harrow", "Harrow"]
    assert said(text, "Jane Harrow") == ["Jane Harrow"]


def test_family_names_in_the_text_mean_who_was_named_last_in_it():
    text = "Jane Roe, a nurse, left. John Roe, a lawyer, came. Mr. Roe wept."
    found = names(text, title="Jane Roe leaves")
    assert {one.name: len(one.spans) for one in found.people} == {"Jane Roe": 2, "John Roe": 2}


def test_names_of_the_same_code_are_one_tag():
    found = names("Jean-Luc Roe, a nurse, left. Jean Luc Roe, a nurse, came.")
    assert [(one.code, len(one.spans)) for one in found.people] == [("jean-luc-roe", 2)]


def test_a_headline_in_title_case_names_nobody_without_a_given_name():
    assert people("", title="Zorb Harrow Leaves Northland Harbour Grounds") == set()


def test_an_initial_stands_for_a_given_name():
    assert people("J. Roe, a nurse, left. Jane Roe, a nurse, came.") == {"Jane Roe"}


def test_a_family_name_may_come_first():
    text = "Lee Chung-tai, a lawyer, left. Lee said so."
    assert said(text, "Lee Chung-tai") == ["Lee Chung-tai", "Lee"]


def test_particles_belong_to_a_family_name():
    text = "Ursula van der Berg, who leads, spoke. Van der Berg left."
    assert said(text, "Ursula van der Berg") == ["Ursula van der Berg", "Van der Berg"]


def test_a_place_that_is_a_family_name_stays_a_place():
    text = "Jane Oslo, a nurse, went to Oslo. Mrs. Oslo came back."
    assert said(text, "Jane Oslo") == ["Jane Oslo", "Oslo"]


def test_what_an_organization_is_called_after_is_not_the_person():
    text = "Quill Harrow, 34, left. The Harrow Holdings Inc. shares rose."
    assert said(text, "Quill Harrow") == ["Quill Harrow"]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("岸田文雄外相は会見した。", "ja", {"岸田文雄"}),
        ("日本の安倍晋三首相が話した。", "ja", {"安倍晋三"}),
        ("自民党の山田太郎政調会長は述べた。", "ja", {"山田太郎"}),
        ("協議でティラーソン米国務長官は述べた。", "ja", {"ティラーソン"}),
        (
            "レックス・ティラーソン氏が来た。「はい」とティラーソン氏は述べた。",
            "ja",
            {"レックス・ティラーソン"},
        ),
        ("会社員の山田花子さん（34）が来た。", "ja", {"山田花子"}),
        (
            "フランス大統領と米大統領、中国首相が会った。皆さんもどうぞ。日本代表監督も。",
            "ja",
            set(),
        ),
        ("自民党岸田総裁と波風凪子さんが来た。", "ja", {"岸田", "波風凪子"}),
        ("岸田代表団、元元元元元首相、会社員（34）、山口知事が来た。", "ja", set()),
        ("アイウエオカキクケコサシスセソタチツテトナ氏が来た。", "ja", set()),
        ("タイガース監督とキリン社長、東京青空さんが来た。", "ja", set()),
        ("山口県知事と東京都知事、大阪市長。", "ja", set()),
        ("김정은 국무위원장은 말했다.", "ko", {"김정은"}),
        ("윤석열 대통령이 왔다.", "ko", {"윤석열"}),
        ("이재명 대표는 갔다.", "ko", {"이재명"}),
        ("홍길동 외교부 장관을 만났다.", "ko", {"홍길동"}),
        ("배우 홍길동은 웃었다.", "ko", {"홍길동"}),
        ("홍길동(34)은 웃었다.", "ko", {"홍길동"}),
        ("홍길동씨는 웃었다.", "ko", {"홍길동"}),
        ("렉스 틸러슨 미국 국무장관이 왔다. 틸러슨 장관은 갔다.", "ko", {"렉스 틸러슨"}),
        (
            "현직 대통령과 공동 대표, 러시아 대통령, 이번 감독, 정부 대변인, 한국인 감독이 왔다.",
            "ko",
            set(),
        ),
        ("오늘 트럼프 미국 대통령이 왔다.", "ko", {"트럼프"}),
        ("남궁길동 장관이 왔다.", "ko", {"남궁길동"}),
        ("오늘 크라우트 장관이 왔다.", "ko", {"크라우트"}),
        ("홍길동 전 미국 외교부 신임 장관과 하늘나무 장관, 이것들 장관이 왔다.", "ko", set()),
        ("国家主席习近平出席会议。", "zh", {"习近平"}),
        ("外交部发言人华春莹表示，会议将举行。", "zh", {"华春莹"}),
        ("王毅外长指出，双方同意。", "zh", {"王毅"}),
        ("美国国务卿雷克斯·蒂勒森抵达北京。蒂勒森说，双方同意。", "zh", {"雷克斯·蒂勒森"}),
        ("墨西哥总统和巴西总统表示欢迎。主席台上没有人。", "zh", set()),
        ("Le ministre des Affaires étrangères Jean Dupont est parti.", "fr", {"Jean Dupont"}),
        ("La présidente Anna Muster a dit oui, M. Muster a dit non.", "fr", {"Anna Muster"}),
        ("Gestern kam Bundeskanzlerin Anna Muster an.", "de", {"Anna Muster"}),
        (
            "Der Bundesaußenminister Karl Beispiel und die Regierung reisten.",
            "de",
            {"Karl Beispiel"},
        ),
        ("Ayer llegó el presidente Juan Pérez. Pérez habló.", "es", {"Juan Pérez"}),
        ("La ministra de Exteriores, Juana Gómez, habló.", "es", {"Juana Gómez"}),
    ],
)
def test_people_are_found_in_other_languages(text: str, language: str, expected: set[str]):
    assert people(text, language=language) == expected


def test_family_names_are_joined_in_other_scripts():
    japanese = "岸田文雄外相は話した。岸田氏は笑った。"
    assert said(japanese, "岸田文雄", language="ja") == ["岸田文雄", "岸田"]
    foreign = "レックス・ティラーソン氏が来た。ティラーソンは笑った。"
    assert said(foreign, "レックス・ティラーソン", language="ja") == [
        "レックス・ティラーソン",
        "ティラーソン",
    ]
    korean = "홍길동 장관이 왔다. 홍길동은 갔다. 최홍길동은 책이다."
    assert said(korean, "홍길동", language="ko") == ["홍길동", "홍길동"]
    foundation = "홍길동 장관이 왔다. 홍길동연구재단은 크다."
    assert said(foundation, "홍길동", language="ko") == ["홍길동"]
    chinese = "国家主席习近平抵达。习近平说，很好。"
    assert said(chinese, "习近平", language="zh") == ["习近平", "习近平"]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Shares of Exxon Mobil Corp. rose.", "en", {"Exxon Mobil Corp."}),
        ("Harrow Holdings Ltd. and Quill & Roe, Inc. rose.", "en",
         {"Harrow Holdings Ltd.", "Quill & Roe, Inc."}),
        ("Yesterday Northwind AG grew.", "en", {"Northwind AG"}),
        ("The University of Quillshire opened.", "en", {"University of Quillshire"}),
        ("The Ministry of Health and Welfare opened.", "en", {"Ministry of Health and Welfare"}),
        ("The Northland Labour Party won.", "en", {"Northland Labour Party"}),
        ("The Harrow People’s Party won.", "en", {"Harrow People’s Party"}),
        ("Harrow University Professor Jane Roe spoke.", "en", {"Harrow University"}),
        ("The ministry, the Committee, the Bank and the University agreed.", "en", set()),
        ("On Monday Congress met. The Inc. grew. The Committee for January met.", "en", set()),
        ("At the Harrow Bank Association it rained.", "en", {"Harrow Bank Association"}),
        ("The Ministry of Health Tuesday said so.", "en", {"Ministry of Health"}),
        ("The Committee on Harbour Safety met.", "en", {"Committee on Harbour Safety"}),
        ("The Soviet Union and the West Bank are places.", "en", set()),
        ("アップルパイと「銀行」と読売・波風銀行、波社。", "ja", {"波風銀行"}),
        ("The WHO, NATO and the U.N. agreed.", "en",
         {"World Health Organization", "NATO", "United Nations"}),
        ("L’Union européenne et l’ONU sont prêtes.", "fr", {"European Union", "United Nations"}),
        ("Die Deutsche Bahn AG und die Universität Quillstadt.", "de",
         {"Deutsche Bahn AG", "Universität Quillstadt"}),
        ("La Universidad de Quillana abrió.", "es", {"Universidad de Quillana"}),
        ("外務省と国連、EUが協議した。", "ja", {"外務省", "United Nations", "European Union"}),
        ("株式会社クイルと波風銀行、野党と会社。", "ja", {"クイル", "波風銀行"}),
        ("외교부와 나토, 물결그룹은 말했다. 대학과 은행은 쉰다.", "ko",
         {"외교부", "NATO", "물결그룹"}),
        ("欧盟和北京大学表示欢迎。这家公司没有回应。", "zh", {"European Union", "北京大学"}),
    ],
)  # fmt: skip
def test_organizations_are_known_by_what_they_end_in_or_begin_with(
    text: str, language: str, expected: set[str]
):
    assert organizations(text, language=language) == expected


def test_an_acronym_is_the_organization_that_the_story_explains():
    text = "The Northern Fisheries Board (NFB) met. Boats came. NFB officials left."
    assert said(text, "Northern Fisheries Board") == ["Northern Fisheries Board", "NFB", "NFB"]
    assert organizations("NFB (Quill Harrow) met. The Big Northern Quill Range (NB) met.") == set()
    other = "NFB (Northern Fisheries Board) met. Then NFB left."
    assert said(other, "Northern Fisheries Board") == ["NFB", "Northern Fisheries Board", "NFB"]


def test_a_known_organization_has_its_english_name_however_it_is_called():
    text = "The Trans-Pacific Partnership (TPP) died. TPP members wept."
    assert said(text, "Trans-Pacific Partnership") == ["Trans-Pacific Partnership", "TPP", "TPP"]


def test_a_company_is_the_same_without_the_end_of_its_name():
    text = "Harrow Quill Inc. grew. Harrow Quill boats sell. Toyota Motor Corp. fell."
    assert said(text, "Harrow Quill Inc.") == ["Harrow Quill Inc.", "Harrow Quill"]
    assert said(text, "Toyota Motor") == ["Toyota Motor Corp."]


def test_what_is_explained_without_the_name_of_an_organization_must_be_used_as_one():
    text = "The Deep Winter Cooling Range (DWCR) fell. The DWCR fell."
    assert organizations(text) == set()
    assert organizations(text + " DWCR officials left.") == {"Deep Winter Cooling Range"}


@pytest.mark.parametrize(
    "text",
    [
        "Acute Quill Syndrome (AQS) spread.",
        "The Council Water Tax (CWT) rose.",
        "It is 5 PM in the US.",
    ],
)
def test_not_every_acronym_is_an_organization(text: str):
    assert organizations(text) == set()


def test_who_is_a_word_in_a_headline_in_capitals():
    assert organizations("Nobody knows.", title="WHO WILL PAY FOR THIS") == set()


def test_what_is_found_says_by_whom_how_sure_and_where():
    text = "Jane Roe, a nurse, left Harrow Holdings Ltd. on Monday."
    found = names(text)
    assert [(one.scheme, one.code, one.by) for one in (*found.people, *found.organizations)] == [
        ("person", "jane-roe", TagBy.NAMES),
        ("org", "harrow-holdings-ltd", TagBy.NAMES),
    ]
    assert [text[span.start : span.end] for span in found.taken] == [
        "Jane Roe",
        "Harrow Holdings Ltd.",
    ]


def test_whom_a_story_is_about_comes_first():
    text = "Jane Roe, a nurse, left. " + "It rained. " * 60 + "John Doe, a lawyer, came."
    assert [one.name for one in names(text, title="Jane Roe leaves").people] == [
        "Jane Roe",
        "John Doe",
    ]


def test_only_the_beginning_of_a_very_long_text_is_read():
    text = "Rain fell. " * (MAX_CHARS // 11 + 1) + "Jane Roe, a nurse, left."
    assert people(text) == set()


@pytest.mark.parametrize(
    "unit",
    ["A", "A.", "A-", "Jane Roe ", "Jane ", "al-", "University of ", "The (NFB) ", "(A", "岸田",
     "首相", "・ア", "김", "김정은 대통령 ", "习", "·阿", "A & ", "Mr. ", " van der ", "'s ",
     "銀行",
     "そのア・", "그룹", "Roe, the ", "Roe Quill Inc. "],
)  # fmt: skip
@pytest.mark.timeout(20)
def test_a_megabyte_of_anything_takes_bounded_time(unit: str):
    text = unit * (1_000_000 // len(unit))
    names(text, title=text[:1000], language=None)


@pytest.mark.timeout(20)
def test_thousands_of_names_take_bounded_time():
    letters = "abcdefghijklmnopqrst"
    given = [
        f"{one.upper()}{two}{three}" for one in letters for two in letters for three in letters
    ]
    same = ", a nurse. ".join(f"{name} Roe" for name in given)
    assert len(people(same + " Mr. Roe and Roe met Roe. " * 500)) == MAX_BEARERS
    names(", a nurse. ".join(f"{name} R{name.lower()}" for name in given))
    names(
        "は".join(
            f"ア{chr(0x30A2 + at % 80)}イ・{chr(0x30A2 + at // 80)}ウエ氏" for at in range(4000)
        )
    )


def test_what_follows_an_organization_does_not_belong_to_a_name_before_it():
    text = "“No,” said Jane Roe, a director of much, NATO Harrow Grounds, they say."
    assert people(text) == {"Jane Roe"}


def test_what_stands_before_a_given_name_is_no_part_of_it():
    assert people("The Harrow Grounds Jane Roe, a nurse, left.") == {"Jane Roe"}
    assert people("Then QB Quill Harrow, 34, fell.") == {"Quill Harrow"}


def test_initials_and_numbers_alone_are_nobody():
    assert people("President Jr. III left. Dr. A. B. came. President J. II.") == set()


PIECES = st.sampled_from(
    """Jane|Roe|President|Dr.|the|of|van der|al-|’s|'s|, 34,|(NFB)|Northern|Fisheries|Board|Inc.|&
    |University|said|.|“|”|\n\n|ROE|岸田|文雄|首相|氏|さん|・|ティラーソン|は|김정은|대통령|은|그룹|国家主席|习近平|表示
    |·|公司|蒂勒森|ß|İ|ǅ|\u0301|\U0001f600|U.N.|St.|III|Jr.|de la|and|Kim|Jong-un|M.|WHO|, who|(34)|
    """.split("|")
)


@given(
    text=st.one_of(st.text(), st.lists(PIECES).map(" ".join), st.lists(PIECES).map("".join)),
    title=st.one_of(st.text(), st.lists(PIECES).map(" ".join), st.lists(PIECES).map("".join)),
    language=st.sampled_from(["en", "ja", "zh", "ko", "fr", None]),
)
def test_whatever_a_story_says_names_stand_where_they_are_said_to(
    text: str, title: str, language: str | None
):
    found = find_names(Taggable(title=title, text=text, language=language))
    fields = {"title": title, "text": text}
    for one in (*found.people, *found.organizations):
        assert one.code == fold_code(one.name)
        assert 0 < one.score <= 1
        assert one.spans
        assert list(one.spans) == sorted(set(one.spans), key=lambda s: (s.field == "text", s.start))
        for span in one.spans:
            words = fields[span.field][span.start : span.end]
            assert words
            assert words == words.strip()
            assert len(words) == span.end - span.start
    assert set(found.taken) == {
        span for one in (*found.people, *found.organizations) for span in one.spans
    }


def both(text: str) -> tuple[set[str], set[str]]:
    found = find_names(Taggable(title="", text=text, language=None))
    return {one.name for one in found.people}, {one.name for one in found.organizations}


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("東証社長と西武監督、東日本社長が述べた。", set()),
        ("東浩氏と林真容疑者が話した。", {"東浩", "林真"}),
        ("オバマアメリカ大統領は述べた。", {"オバマ"}),
        ("ローさんは語った。ロー・ハルビスさんは昨日着いた。", {"ロー・ハルビス"}),
        ("女優の佐藤ミナさんが来た。", {"佐藤ミナ"}),
        ("Jana Kai, 40, kam. Das Schiff von Jana Kais fuhr.", {"Jana Kai"}),
        ("James Van Der Roe said the ferry stays.", {"James Van Der Roe"}),
        ("Harbour DL Sheldon Quayside, 40, said so.", {"Sheldon Quayside"}),
        ("The San Diego Chronicle said so. Readers of the San Jose Mercury left.", set()),
        ("Director of Public Prosecution Eva-Marie Quayside left.", {"Eva-Marie Quayside"}),
        ("STAFF Composer_Jane Quayside, Writer_John Roe", set()),
        ("Fans of the NBA-leading Quaysiders, who cheered, left.", set()),
        ("Josh Quayside said so. Joshua Quayside, 40, left.", {"Joshua Quayside"}),
        (
            "Paula Quayside, 40, and Paul Quayside, 41, left.",
            {"Paula Quayside", "Paul Quayside"},
        ),
    ],
)
def test_one_person_has_one_name_and_no_strangers_words(text: str, people: set[str]) -> None:
    assert both(text)[0] == people


@pytest.mark.parametrize(
    ("text", "organizations"),
    [
        ("アラブ首長国連邦の外相が会見した。", set()),
        ("国連の会合が開かれた。", {"United Nations"}),
        ("Google社は新しい船を発表した。", {"Google"}),
        ("港湾新聞社によると船が着いた。港湾新聞は詳しく報じた。", {"港湾新聞"}),
        ("共同通信社によると船が着いた。", {"Kyodo News"}),
        ("野党国民党の会合が開かれた。", {"国民党"}),
        ("株式会社港湾灯台が発表した。", {"港湾灯台"}),
        ("トヨタ自動車株式会社が発表した。", {"Toyota Motor"}),
        ("野党2党が会合を開いた。", set()),
        ("中央選挙管理委員会が発表した。", {"中央選挙管理委員会"}),
        (
            "The Harbour Air & Space Museum opened. The Space Museum is new.",
            {"Harbour Air & Space Museum"},
        ),
        (
            "The Roe Foundation for the Arts met. The Roe Foundation paid.",
            {"Roe Foundation for the Arts"},
        ),
        ("Quay Light Corp. sailed. Quay Light Corporation said so.", {"Quay Light Corp."}),
        (
            "The Justice Department sued. The Department of Justice said so.",
            {"US Department of Justice"},
        ),
        ("Long-dated Quayside Bank bonds rose.", {"Quayside Bank"}),
    ],
)
def test_one_organization_has_one_name(text: str, organizations: set[str]) -> None:
    assert both(text)[1] == organizations
