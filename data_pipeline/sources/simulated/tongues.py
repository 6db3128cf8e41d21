"""Texts whose language a detector must tell: twenty languages, and English full of foreign names.

Headlines of a few words stand beside sentences. The companies are fictional; their names are English, as they are in
foreign news about American companies.
"""
# Turkish has a dotless i:
# ruff: noqa: RUF001

FOREIGN: dict[str, tuple[str, ...]] = {
    "de": (
        "{company} erhöht Prognose nach starkem Quartal",
        "Aktie von {company} bricht ein, Anleger verunsichert",
        "{company}: Gewinn sinkt um 12 Prozent",
        "Kartellamt prüft Übernahme durch {company}",
        "{company} (${symbol}) hat im dritten Quartal mehr verdient als erwartet und hebt die Dividende an",
    ),
    "fr": (
        "{company} relève ses prévisions annuelles",
        "Bourse : le titre {company} chute de 8 %",
        "{company} supprime 300 postes à {city}",
        "Bénéfice en hausse pour {company} au trimestre",
        "Le groupe {company} (${symbol}) annonce la cession de sa filiale pour 2,4 milliards d'euros",
    ),
    "es": (
        "{company} eleva sus previsiones para este año",
        "Las acciones de {company} caen tras los resultados",
        "{company} gana un 15% más hasta septiembre",
        "El regulador multa a {company}",
        "La compañía {company} (${symbol}) invertirá 500 millones de dólares en una nueva planta en {city}",
    ),
    "pt": (
        "Lucro da {company} sobe 20% no trimestre",
        "Ações da {company} recuam após balanço",
        "{company} anuncia novo presidente executivo",
        "{company} fecha acordo com o governo",
        "A {company} (${symbol}) informou que vai distribuir dividendos aos acionistas em novembro",
    ),
    "it": (
        "{company}, utile in crescita nel terzo trimestre",
        "Crolla il titolo {company} dopo i conti",
        "{company} taglia le stime per il 2023",
        "Accordo tra {company} e i sindacati",
        "Il gruppo {company} (${symbol}) ha chiuso i primi nove mesi con ricavi in calo del 4 per cento",
    ),
    "nl": (
        "{company} verhoogt winstverwachting",
        "Aandeel {company} zakt na tegenvallende cijfers",
        "Omzet van {company} stijgt met 9 procent",
        "{company} schrapt honderden banen in {city}",
        "Het bedrijf {company} (${symbol}) verwacht dit jaar minder te verdienen dan eerder gedacht",
    ),
    "sv": (
        "{company} höjer utdelningen efter rekordår",
        "Aktien i {company} rasar på börsen",
        "{company} varslar hundratals anställda",
        "{company} (${symbol}) redovisar ett rörelseresultat som är bättre än väntat för tredje kvartalet",
    ),
    "da": (
        "{company} opjusterer forventningerne til året",
        "{company}-aktien falder efter regnskab",
        "{company} (${symbol}) har haft et bedre kvartal end ventet og udbetaler et større udbytte",
    ),
    "nb": (
        "{company} øker utbyttet etter et sterkt kvartal",
        "{company}-aksjen faller kraftig på børsen",
        "{company} (${symbol}) venter lavere inntekter neste år og kutter i kostnadene",
    ),
    "fi": (
        "{company} nostaa tulosohjeistustaan",
        "{company} irtisanoo satoja työntekijöitä",
        "Yhtiön {company} (${symbol}) liikevaihto kasvoi viidenneksen ja osinkoa korotetaan",
    ),
    "pl": (
        "Zysk {company} wzrósł o 10 procent",
        "Akcje {company} tracą po wynikach",
        "Spółka {company} (${symbol}) podniosła prognozy na cały rok i wypłaci wyższą dywidendę",
    ),
    "cs": (
        "Zisk firmy {company} meziročně klesl",
        "Společnost {company} (${symbol}) letos očekává vyšší tržby a propustí méně lidí",
    ),
    "ro": (
        "Profitul {company} a crescut cu 18%",
        "Compania {company} (${symbol}) va plăti dividende mai mari acționarilor săi în acest an",
    ),
    "hu": (
        "Nőtt a {company} nyeresége",
        "A {company} (${symbol}) a vártnál jobb negyedévet zárt, emelkedik az osztalék",
    ),
    "tr": (
        "{company} kârını yüzde 20 artırdı",
        "{company} hisseleri sert düştü",
        "{company} (${symbol}) üçüncü çeyrekte beklentilerin üzerinde kâr açıkladı ve temettü dağıtacak",
    ),
    "id": (
        "Laba {company} naik 15 persen",
        "Saham {company} turun setelah laporan keuangan",
        "{company} (${symbol}) akan membagikan dividen kepada para pemegang saham pada bulan depan",
    ),
    "ru": (
        "Прибыль {company} выросла на 20%",
        "Акции {company} (${symbol}) упали после публикации отчетности",
    ),
    "zh": ("{company}第三季度利润增长两成", "{company}({symbol})股价下跌,投资者担忧前景"),
    "ja": ("{company}、通期予想を上方修正", "{company}({symbol})の株価が急落、決算を嫌気"),
    "ar": ("ارتفاع أرباح {company} بنسبة 20%", "تراجع سهم {company} (${symbol}) بعد إعلان النتائج الفصلية"),
}  # fmt: skip
"""Language (ISO 639-1) to texts in it."""

FOREIGN_NAMES = (
    "Banco de Lindholm beats estimates",
    "{company} sells stake to Compagnie des Eaux du Nord",
    "Bürgermann Werke AG to supply {company}",
    "Société Marlowe Générale cuts {company} to hold",
    "${symbol}: Zürcher Kantonalversicherung ups stake to 5.1%",
    "Grupo Cementos del Pacífico SAB de CV 3Q net 1.2B pesos",
    "{company} and Österholm Bryggeri A/S end talks",
    "Caixa Redwater, Banca di Selby upgraded",
    "Petróleo Atlântico SA wins {company} contract",
    "{company} Chairman João Gonçalves da Silva steps down",
    "Ålesund Shipping ASA Q2 EBITDA $41m",
    "{company} names Jürgen Müller-Österreich CFO",
    "Łódzka Stal SA sues {company}",
    "Telefonía del Sur, {company} renew roaming deal",
    "Le Grand Marché SA: {company} is a buyer",
    "Dutch brewer De Koninck van Selby is sold",
    "{company} bullish",
    "${symbol} puts active",
    "${symbol} long from 31.20",
    "{company} Q3 EPS $0.41 vs. $0.38 est.",
    "${symbol} gap fill, watching 52.10",
    "Hauptbank Norwick AG downgrades {company} to sell",
    "La Fenice di Eastport S.p.A. files for IPO",
    "{company} opens Guadalajara, São Paulo plants",
    "Pâtisserie Rousseau recalls croissants, {company} unaffected",
    "El Dorado de Marlow gold mine output up, {company} says",
)  # fmt: skip
"""English headlines with foreign names, and English of few words: all of them stay."""
