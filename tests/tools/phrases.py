"""Words to make sources of: sentences with gaps for names, and what sites put around stories.

`lines` are shown with stories and no part of them; `real` is what writers repeat themselves.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """One language. `{a}` and `{b}` are names, `{n}` a number, `{d}` a date."""

    syllables: str
    joined: str  # between sentences
    titles: tuple[str, ...]
    sentences: tuple[str, ...]
    prefixes: tuple[str, ...]
    suffixes: tuple[str, ...]
    inner: tuple[str, ...]
    ends: tuple[str, ...]
    varied: tuple[str, ...]
    quote: str
    background: str
    closing: str
    headings: tuple[str, ...]
    opening: str
    series: str
    dates: tuple[str, ...]


PHRASES = {
    "en": Phrases(
        syllables="bel mar tor lin dan ves hol ker wick ford sten ram",
        joined=" ",
        titles=(
            "{a} council backs new bridge near {b}",
            "Fire crews from {a} reach {b}",
            "Why {a} wants fewer cars in {b}",
            "Court clears {a} over {b} contract",
            "Storm shuts schools between {a} and {b}",
            "{a} museum returns bell to {b}",
        ),
        sentences=(
            "The mayor of {a} said that the work would take {n} months.",
            "People in {b} had waited since {d} for an answer.",
            "A spokeswoman for {a} put the cost at {n} million.",
            "Nobody in {a} was hurt, the rescue service reported.",
            "Farmers near {b} expect a harvest smaller by {n} per cent.",
            "The contract between {a} and {b} runs until {d}.",
            "Researchers in {b} counted {n} nests along the river.",
            "The line to {a} will be closed at night.",
        ),
        prefixes=(
            "Listen to this article in our app.",
            "You are reading the free edition of our service |",
            "This report is also available in large print. Ask at any branch.",
        ),
        suffixes=(
            "Find the whole report with pictures on our website.",
            "[More on the front page]",
            "| Harbour Courier reader service",
        ),
        inner=(
            "Our evening letter brings the five most read reports to you",
            "Support our reporters with a gift of any size",
            "Take part: our weekly quiz has new questions for you every Friday.",
        ),
        ends=(
            "Got a tip? Write to desk@courier.example",
            "More from the region",
            "The Courier is a member of the independent press council.",
            "Download our app for phones and tablets",
        ),
        varied=("Last changed on {d}", "{n} readers have left their view", "Picture {n} of {n}"),
        quote="“We did what had to be done, and we would do it again.”",
        background="The inquiry began when auditors found that bills had been paid twice.",
        closing="Nobody has been arrested so far.",
        headings=("Background", "What happens next"),
        opening="We report live from the hearing and bring every statement as it is made.",
        series="In this series we walk through one street of the old town and ask who lives there.",
        dates=("3 March 2026", "14 April 2026", "27 May 2026", "8 June 2026"),
    ),
    "de": Phrases(
        syllables="bach heim ros lin wal den furt hol stett mar ken gau",
        joined=" ",
        titles=(
            "{a} stimmt für neue Brücke bei {b}",
            "Feuerwehr aus {a} hilft in {b}",
            "Warum {a} weniger Autos in {b} will",
            "Gericht spricht {a} im Fall {b} frei",
            "Sturm schließt Schulen zwischen {a} und {b}",
            "Museum in {a} gibt Glocke an {b} zurück",
        ),
        sentences=(
            "Der Bürgermeister von {a} rechnet mit {n} Monaten Bauzeit.",
            "Die Menschen in {b} warten seit dem {d} auf eine Antwort.",
            "Eine Sprecherin von {a} nannte Kosten von {n} Millionen.",
            "In {a} wurde niemand verletzt, teilte der Rettungsdienst mit.",
            "Die Bauern bei {b} erwarten eine um {n} Prozent kleinere Ernte.",
            "Der Vertrag zwischen {a} und {b} gilt bis zum {d}.",
            "Forscher zählten bei {b} am Fluss {n} Nester.",
            "Die Strecke nach {a} bleibt nachts gesperrt.",
        ),
        prefixes=(
            "Hören Sie diesen Beitrag in unserer App.",
            "Kostenlose Ausgabe für alle Leser |",
        ),
        suffixes=(
            "Den ganzen Bericht mit Bildern finden Sie auf unserer Seite.",
            "[Zur Übersicht aller Berichte]",
        ),
        inner=(
            "Unser Abendbrief bringt Ihnen die fünf meistgelesenen Berichte",
            "Machen Sie mit: Unser Rätsel hat jeden Freitag neue Fragen für Sie.",
        ),
        ends=(
            "Haben Sie einen Hinweis? Schreiben Sie an redaktion@kurier.example",
            "Mehr aus der Region",
            "Der Kurier ist Mitglied im unabhängigen Presserat.",
        ),
        varied=("Zuletzt geändert am {d}", "{n} Leser haben ihre Meinung gesagt"),
        quote="„Wir haben getan, was nötig war, und würden es wieder tun.“",
        background="Die Prüfung begann, als Revisoren doppelt bezahlte Rechnungen fanden.",
        closing="Festgenommen wurde bisher niemand.",
        headings=("Hintergrund", "Wie es weitergeht"),
        opening="Wir berichten laufend aus dem Saal und geben jede Aussage sofort wieder.",
        series="In dieser Reihe gehen wir durch die Altstadt und fragen, wer dort wohnt.",
        dates=("3. März 2026", "14. April 2026", "27. Mai 2026", "8. Juni 2026"),
    ),
    "fr": Phrases(
        syllables="bel mont ville roche lan dre vau court mar lin ner say",
        joined=" ",
        titles=(
            "{a} approuve un nouveau pont près de {b}",
            "Les pompiers de {a} arrivent à {b}",
            "Pourquoi {a} veut moins de voitures à {b}",
            "Le tribunal relaxe {a} dans le dossier {b}",
            "La tempête ferme les écoles entre {a} et {b}",
            "Le musée de {a} rend une cloche à {b}",
        ),
        sentences=(
            "Le maire de {a} a indiqué que les travaux dureraient {n} mois.",
            "Les habitants de {b} attendaient une réponse depuis le {d}.",
            "Une porte-parole de {a} a chiffré le coût à {n} millions.",
            "Personne n'a été blessé à {a}, selon les secours.",
            "Les agriculteurs de {b} prévoient une récolte en baisse de {n} pour cent.",
            "Le contrat entre {a} et {b} court jusqu'au {d}.",
            "Des chercheurs ont compté {n} nids à {b} le long du fleuve.",
            "La ligne vers {a} sera fermée la nuit.",
        ),
        prefixes=("Écoutez cet article dans notre application.", "Édition gratuite pour tous |"),
        suffixes=(
            "Retrouvez le reportage complet et ses images sur notre site.",
            "[Retour à la page d'accueil]",
        ),
        inner=(
            "Notre lettre du soir réunit les cinq articles les plus lus",
            "Jouez avec nous : notre jeu propose de nouvelles questions chaque vendredi.",
        ),
        ends=(
            "Une information à donner ? Écrivez à redaction@courrier.example",
            "Plus d'articles de la région",
            "Le Courrier est membre du conseil de presse indépendant.",
        ),
        varied=("Dernière modification le {d}", "{n} lecteurs ont donné leur avis"),
        quote="« Nous avons fait ce qu'il fallait, et nous le referions. »",
        background="L'enquête a commencé quand des factures payées deux fois ont été trouvées.",
        closing="Personne n'a été arrêté pour l'instant.",
        headings=("Contexte", "Et maintenant"),
        opening="Nous suivons l'audience en direct et donnons chaque déclaration aussitôt.",
        series="Dans cette série, nous parcourons une rue de la vieille ville et ses habitants.",
        dates=("3 mars 2026", "14 avril 2026", "27 mai 2026", "8 juin 2026"),
    ),
    "es": Phrases(
        syllables="val mon ter rio san lla ver gos mar din cas tel",
        joined=" ",
        titles=(
            "{a} aprueba un nuevo puente cerca de {b}",
            "Los bomberos de {a} llegan a {b}",
            "Por qué {a} quiere menos coches en {b}",
            "El tribunal absuelve a {a} por el contrato de {b}",
            "La tormenta cierra escuelas entre {a} y {b}",
            "El museo de {a} devuelve una campana a {b}",
        ),
        sentences=(
            "El alcalde de {a} dijo que las obras durarían {n} meses.",
            "Los vecinos de {b} esperaban una respuesta desde el {d}.",
            "Una portavoz de {a} cifró el coste en {n} millones.",
            "Nadie resultó herido en {a}, según los servicios de rescate.",
            "Los agricultores de {b} esperan una cosecha un {n} por ciento menor.",
            "El contrato entre {a} y {b} vence el {d}.",
            "Los investigadores contaron {n} nidos en {b} junto al río.",
            "La línea a {a} estará cerrada por la noche.",
        ),
        prefixes=("Escuche este artículo en nuestra aplicación.", "Edición gratuita para todos |"),
        suffixes=(
            "Encuentre el reportaje completo con imágenes en nuestra página.",
            "[Volver a la portada]",
        ),
        inner=(
            "Nuestra carta de la tarde reúne las cinco noticias más leídas",
            "Participe: nuestro concurso trae preguntas nuevas cada viernes.",
        ),
        ends=(
            "¿Tiene una pista? Escriba a mesa@correo.example",
            "Más noticias de la región",
            "El Correo es miembro del consejo de prensa independiente.",
        ),
        varied=("Modificado por última vez el {d}", "{n} lectores han dado su opinión"),
        quote="“Hicimos lo que había que hacer, y lo haríamos otra vez.”",
        background="La investigación empezó cuando se hallaron facturas pagadas dos veces.",
        closing="Por ahora no hay personas detenidas.",
        headings=("Antecedentes", "Qué pasa ahora"),
        opening="Informamos en directo desde la sala y damos cada declaración al momento.",
        series="En esta serie recorremos una calle del casco viejo y preguntamos quién vive allí.",
        dates=("3 de marzo de 2026", "14 de abril de 2026", "27 de mayo de 2026"),
    ),
    "ja": Phrases(
        syllables="松 川 田 浜 岡 島 崎 原 瀬 谷 戸 津",
        joined="",
        titles=(
            "{a}市議会、{b}の新しい橋を承認",
            "{a}の消防隊が{b}に到着",
            "{a}が{b}の車を減らしたい理由",
            "裁判所、{b}契約で{a}に無罪",
            "{a}と{b}の間で嵐のため休校",
            "{a}の博物館が{b}に鐘を返還",
        ),
        sentences=(
            "{a}の市長は、工事に{n}か月かかると述べた。",
            "{b}の住民は{d}から回答を待っていた。",
            "{a}の広報担当者は費用を{n}億円と説明した。",
            "救助隊によると、{a}でけがをした人はいなかった。",
            "{b}の農家は収穫が{n}％減ると見ている。",
            "{a}と{b}の契約は{d}まで続く。",
            "研究者らは{b}の川沿いで{n}個の巣を数えた。",
            "{a}へ向かう路線は夜間に閉鎖される。",
        ),
        prefixes=("この記事はアプリで音声でも聞けます。", "すべての読者への無料版です｜"),
        suffixes=("写真つきの記事全体は私たちのサイトでご覧ください。", "【一覧ページへ戻る】"),
        inner=(
            "夕方の便りでは最も読まれた五本の記事をまとめてお届け",
            "毎週金曜日に新しい問題を出すクイズにもぜひご参加ください。",
        ),
        ends=(
            "情報をお寄せください desk@courier.example",
            "この地域のほかの記事をもっと見る",
            "港新報は独立した報道評議会の会員です。",
        ),
        varied=("最終変更日は{d}です", "{n}人の読者が意見を寄せました"),
        quote="「必要なことをしただけで、もう一度でも同じことをする」",
        background="二重に支払われた請求書が見つかったことから調査が始まった。",
        closing="これまでに逮捕された人はいない。",
        headings=("背景", "今後の見通し"),
        opening="法廷から生中継でお伝えし、発言をその都度お届けする。",
        series="この連載では旧市街の一つの通りを歩き、そこに住む人を訪ねる。",
        dates=("2026年3月3日", "2026年4月14日", "2026年5月27日", "2026年6月8日"),
    ),
    "ko": Phrases(
        syllables="산 천 포 강 림 도 동 해 원 성 주 평",
        joined=" ",
        titles=(
            "{a}시의회, {b} 새 다리 승인",
            "{a} 소방대 {b}에 도착",
            "{a}이 {b}의 차량을 줄이려는 이유",
            "법원, {b} 계약 사건에서 {a} 무죄",
            "{a}과 {b} 사이 폭풍으로 휴교",
            "{a} 박물관, {b}에 종 반환",
        ),
        sentences=(
            "{a} 시장은 공사에 {n}개월이 걸릴 것이라고 말했다.",
            "{b} 주민들은 {d}부터 답을 기다려 왔다.",
            "{a} 대변인은 비용을 {n}억 원으로 설명했다.",
            "구조대는 {a}에서 다친 사람이 없다고 전했다.",
            "{b} 농민들은 수확이 {n}퍼센트 줄 것으로 본다.",
            "{a}과 {b}의 계약은 {d}까지 이어진다.",
            "연구진은 {b} 강가에서 둥지 {n}개를 세었다.",
            "{a} 방면 노선은 밤에 닫힌다.",
        ),
        prefixes=("이 글은 앱에서 소리로도 들을 수 있습니다.", "모든 독자를 위한 무료 판입니다 |"),
        suffixes=(
            "사진이 있는 전체 글은 저희 누리집에서 보실 수 있습니다.",
            "[처음 화면으로 돌아가기]",
        ),
        inner=(
            "저녁 편지는 가장 많이 읽힌 다섯 글을 모아 드립니다",
            "매주 금요일 새 문제가 나오는 퀴즈에 참여해 보세요.",
        ),
        ends=(
            "제보를 기다립니다 desk@courier.example",
            "이 지역의 다른 소식 살펴보기",
            "항구신문은 독립 언론 평의회의 회원입니다.",
        ),
        varied=("마지막으로 고친 날 {d}", "독자 {n}명이 의견을 남겼습니다"),
        quote="“해야 할 일을 했을 뿐이고, 다시 하더라도 그렇게 할 것이다.”",
        background="두 번 지급된 청구서가 발견되면서 조사가 시작됐다.",
        closing="지금까지 체포된 사람은 없다.",
        headings=("배경", "앞으로의 전망"),
        opening="법정에서 생중계로 전하며 발언이 나올 때마다 싣는다.",
        series="이 연재에서는 옛 시가지의 한 거리를 걸으며 그곳에 사는 사람을 만난다.",
        dates=("2026년 3월 3일", "2026년 4월 14일", "2026년 5월 27일", "2026년 6월 8일"),
    ),
}
