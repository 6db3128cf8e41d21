"""The words of the simulated newswire.

Every event has several paraphrases that share few words, and some events turn on a combination ("costs fell",
"sales fell"), so that a bag of words fitted on a few hundred samples misses much that a language model can read.
"""

POSITIVE: tuple[tuple[str, ...], ...] = (
    ("wins a supply contract with {org}", "is picked by {org} as main supplier", "lands the {org} order"),
    ("beats quarterly profit estimates", "earns more than analysts had pencilled in", "tops Wall Street's forecasts"),
    ("raises its full-year outlook", "now expects a better year than it had guided to", "lifts targets for the year"),
    (
        "gains approval for its new {product}",
        "gets the green light from the regulator for {product}",
        "clears final review of {product}",
    ),
    (
        "announces a larger share buyback",
        "will return more cash through repurchases",
        "doubles its repurchase programme",
    ),
    ("increases its dividend", "hands shareholders a higher payout", "boosts the quarterly distribution"),
    (
        "reports record orders for {product}",
        "says its order book has never been fuller",
        "sees bookings of {product} at an all-time high",
    ),
    (
        "is upgraded to buy by {broker}",
        "earns a more bullish rating from {broker}",
        "wins over {broker}, which now recommends the stock",
    ),
    (
        "cuts costs faster than planned",
        "says expenses fell more than expected",
        "trims its cost base ahead of schedule",
    ),
    (
        "pays off its debt early",
        "retires its loans ahead of maturity",
        "strengthens its balance sheet as borrowings shrink",
    ),
    (
        "is cleared of wrongdoing by investigators",
        "sees the probe into its accounts dropped",
        "is exonerated after an inquiry",
    ),
    (
        "receives a takeover bid at a rich premium",
        "is offered well above market price by {org}",
        "draws a generous buyout proposal from {org}",
    ),
    (
        "wins its patent case against {org}",
        "prevails over {org} in court",
        "gets a favourable verdict in the dispute with {org}",
    ),
    (
        "restarts its {city} plant ahead of schedule",
        "brings the {city} site back sooner than hoped",
        "resumes output in {city} early",
    ),
    (
        "takes market share from rivals",
        "outgrows its competitors again",
        "is pulling ahead of the competition in {product}",
    ),
    (
        "says losses narrowed sharply",
        "shrinks its deficit much more than feared",
        "comes close to break-even after years of red ink",
    ),
    (
        "sees demand for {product} surge",
        "cannot make {product} fast enough for eager buyers",
        "reports a rush for {product}",
    ),
    ("has its credit rating raised", "moves up a notch at the rating agencies", "regains investment grade"),
    (
        "signs a lucrative licensing deal with {org}",
        "will collect rich royalties from {org}",
        "strikes a profitable pact with {org}",
    ),
    ("ends the strike with a fair pay deal", "and its union make peace", "settles with workers, averting a walkout"),
    ("posts margins at a ten-year high", "widens its profit margin", "squeezes more profit from every sale"),
    (
        "finds a cheaper source for raw materials",
        "benefits as input prices drop",
        "enjoys relief from lower material costs",
    ),
    (
        "reports encouraging trial results for {product}",
        "says tests of {product} succeeded",
        "meets all goals in its {product} trial",
    ),
    ("wins back a key customer", "lures {org} back as a client", "regains the business of {org}"),
)

NEGATIVE: tuple[tuple[str, ...], ...] = (
    ("loses its supply contract with {org}", "is dropped by {org} as supplier", "sees {org} take its order elsewhere"),
    (
        "misses quarterly profit estimates",
        "earns less than analysts had pencilled in",
        "falls short of Wall Street's forecasts",
    ),
    ("cuts its full-year outlook", "now expects a worse year than it had guided to", "lowers targets for the year"),
    (
        "is refused approval for its new {product}",
        "is turned down by the regulator over {product}",
        "fails final review of {product}",
    ),
    ("scraps its share buyback", "halts repurchases to save cash", "abandons the repurchase programme"),
    ("suspends its dividend", "leaves shareholders without a payout", "slashes the quarterly distribution"),
    (
        "reports a slump in orders for {product}",
        "says its order book has dried up",
        "sees bookings of {product} collapse",
    ),
    (
        "is downgraded to sell by {broker}",
        "gets a more bearish rating from {broker}",
        "loses the support of {broker}, which now says avoid",
    ),
    (
        "says costs ran out of control",
        "reports that expenses rose more than expected",
        "struggles with a swelling cost base",
    ),
    (
        "breaches its debt covenants",
        "warns it may not repay its loans",
        "is in trouble with lenders as borrowings mount",
    ),
    ("is accused of cooking the books", "faces a fraud probe into its accounts", "is raided by investigators"),
    (
        "sees its takeover by {org} collapse",
        "is left at the altar as {org} walks away",
        "loses its buyer after {org} withdraws the offer",
    ),
    (
        "loses its patent case against {org}",
        "is defeated by {org} in court",
        "must pay damages to {org} after the verdict",
    ),
    (
        "shuts its {city} plant after a fire",
        "halts output in {city} indefinitely",
        "suffers an outage at the {city} site",
    ),
    (
        "loses market share to rivals",
        "is outgrown by its competitors again",
        "is falling behind the competition in {product}",
    ),
    ("says losses widened sharply", "runs a much bigger deficit than feared", "sinks deeper into the red"),
    ("sees demand for {product} dry up", "is stuck with unsold {product}", "reports that buyers shun {product}"),
    ("has its credit rating cut", "slips a notch at the rating agencies", "is cut to junk"),
    (
        "recalls {product} over safety defects",
        "pulls {product} from shelves after injuries",
        "must replace faulty {product}",
    ),
    ("is hit by a strike", "and its union are at war", "braces for a walkout as pay talks fail"),
    ("posts margins at a ten-year low", "sees its profit margin squeezed", "makes less profit on every sale"),
    ("suffers as raw material prices jump", "is hurt by dearer inputs", "feels the pain of higher material costs"),
    (
        "reports disappointing trial results for {product}",
        "says tests of {product} failed",
        "misses its goals in the {product} trial",
    ),
    (
        "loses the personal data of customers in a hack",
        "admits a damaging security breach",
        "is crippled by a cyberattack",
    ),
)

NEUTRAL: tuple[str, ...] = (
    "will present at an industry conference in {city}",
    "schedules its annual meeting",
    "publishes its yearly sustainability report",
    "moves its head office within {city}",
    "names a new head of facilities",
    "renews the lease on its {city} office",
    "marks its anniversary with staff in {city}",
    "confirms the date of its next results",
    "updates the layout of its website",
    "files a routine registration form",
    "hosts students from {city} for a tour",
    "changes the time of its conference call",
    "sponsors a marathon in {city}",
    "reappoints its auditor for another term",
    "keeps its fiscal calendar unchanged",
    "says a director will retire as planned",
)

RIVAL: tuple[str, ...] = (
    "{rival} recalls {product}; {company} makes none of them",
    "{rival} surges after results; {company} reports next month",
    "{rival} wins an order that {company} did not bid for",
    "{rival} warns on profit; {company} serves other markets",
)
"""Distractors whose tone belongs to another company."""

STRONG = (
    "in the biggest such move in its history",
    "by a very wide margin",
    "and the effect is huge",
    "on a massive scale",
)
MILD = ("on a small scale", "though the effect is limited", "by a hair", "in a minor way")

OPENINGS = (
    "{company} {phrase}",
    "{company} (${symbol}) {phrase}",
    "{phrase_first}: {company}",
    "${symbol}: {company} {phrase}",
)
FOLLOW_UPS = (
    "Investors had been waiting for word.",
    "The company gave no further details.",
    "A spokesperson confirmed the news.",
    "The news came in a short statement.",
)

BOILERPLATE = (
    "This release contains forward-looking statements that involve risks and uncertainties. Actual results may differ "
    "materially. The company undertakes no obligation to update them. About {company}: the company makes {product}."
)
FOREIGN = (
    "{company} lädt die Aktionäre zur ordentlichen Hauptversammlung nach {city} ein, die Unterlagen liegen dort aus",
    "{company} convoque ses actionnaires à une assemblée générale à {city}, les documents sont disponibles sur place",
    "{company} celebra su junta general de accionistas en {city} y publica los documentos para los inversores",
)
SPAM = (
    "${symbol} READY TO EXPLODE!!! 1000% gains, join our FREE chat room now http://t.example/{code}",
    "Make $5000 a day like me trading ${symbol}!!! click http://win.example/{code} limited spots",
    "${symbol} ${other1} ${other2} ${other3} hot picks!!! free alerts http://alerts.example/{code}",
)
FALSE_TICKER = (
    "Tourists now pay 4 U${symbol} for a coffee in {city}",
    "Rapper A${symbol} fills the stadium in {city} two nights in a row",
    "Shipping rates quoted at 310 {symbol}$ a tonne in {city}",
)
NEAR_EDITS = (("{title}", "{title} - update"), ("{title}", "{title} today"), ("{title}", "Report: {title}"))
SYNDICATION = ("({outlet}) {title}", "{title} | {outlet}", "{outlet}: {title}")
OUTLETS = ("Northwire", "Harbor Post", "Ledger Daily", "Meridian Press", "Tidewater News")

ORGS = (
    "Aldermont",
    "Brisco Group",
    "Castellan",
    "Delphine Air",
    "Everhart",
    "Fennimore",
    "Gallant Energy",
    "Hollis & Co",
    "Ironbridge",
    "Juniper Rail",
    "Kestrel Motors",
    "Lorimar",
)
BROKERS = ("Pembroke Securities", "Halloran Bank", "Quayside Research", "Stanmore Capital", "Vantage Ridge")
CITIES = ("Eastport", "Lindholm", "Marlow Bay", "Norwick", "Ostrava Hills", "Pinecrest", "Redwater", "Selby")

SECTORS: dict[str, tuple[str, ...]] = {
    "Foods": ("cereals", "frozen meals", "snack bars"),
    "Robotics": ("warehouse robots", "welding arms", "drones"),
    "Therapeutics": ("its asthma drug", "its insulin pen", "its vaccine"),
    "Semiconductor": ("memory chips", "sensor chips", "power chips"),
    "Apparel": ("running shoes", "winter coats", "sportswear"),
    "Energy": ("gas turbines", "solar panels", "drilling rigs"),
    "Software": ("payroll software", "its cloud suite", "its design app"),
    "Motors": ("electric vans", "pickup trucks", "e-bikes"),
}
NAME_ROOTS = (
    "Arvane",
    "Belcor",
    "Cindral",
    "Dovarre",
    "Elmsted",
    "Farrowby",
    "Glaston",
    "Havelin",
    "Isenmark",
    "Jorvane",
    "Kelburn",
    "Lomarch",
    "Mistral Point",
    "Nordane",
    "Orwick",
    "Pellarin",
    "Quenby",
    "Rostrand",
    "Sarnholt",
    "Tavistor",
    "Umbrel",
    "Vennard",
    "Wexcombe",
    "Yarrowdale",
    "Zelkova",
    "Ashvale",
    "Brackmoor",
    "Corvane",
    "Dunmere",
    "Elvanse",
)
