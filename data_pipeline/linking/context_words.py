"""Neighbours of a name that say whether a company is meant."""

from data_pipeline.linking.common_words import word_set

FINANCIAL = word_set("""
    shares share stock stocks bonds investors investor shareholders shareholder stockholders ceo cfo coo cto chief
    chairman chairwoman chairperson president board earnings profit profits revenue revenues dividend dividends eps ipo
    buyback guidance outlook margins margin results forecast forecasts estimates quarterly quarter q1 q2 q3 q4 fiscal
    spokesman spokeswoman spokesperson valuation calls puts options bulls bears layoffs takeover merger subsidiary
    loss losses sales backlog orders bookings debt market
    """)
"""Words of the stock market and of company law."""
BESIDE = FINANCIAL - word_set(
    "share shares results forecast estimates market sales orders calls options bulls bears loss profits"
)
"""Those that prove a company directly behind an ordinary word too ("Gap shares", not "visa results")."""
REPORTING = word_set("""
    reports reported posts posted beats beat misses missed tops topped raises raised lifts lifted cuts cut lowers lowered
    boosts boosted slashes slashed narrows trims trimmed reaffirms affirms withdraws warns sees expects forecasts declares
    declared swings logs delivers hikes doubles reiterates suspends scraps pays
    """)
"""Verbs that speak of a company where a financial word follows: "beats estimates", "cuts its dividend"."""
AGENT = REPORTING | word_set("""
    announces announced unveils unveiled launches launched recalls recalled sues sued hires hired appoints appointed names
    named acquires acquired buys bought sells sold agrees agreed plans planned says said introduces introduced files filed
    settles settled signs signed expands expanded opens opened closes closed shuts shut halts halted resumes resumed wins
    won loses lost faces faced seeks sought gets got gives hits hit makes made takes took sets set adds added ends ended
    offers offered completes completed considers explores nears eyes mulls weighs denies confirms admits rejects accepts
    approves invests partners teams joins enters exits leaves replaces promotes fires ousts delays extends issues prices
    refinances restructures spins splits merges rebrands renames secures receives wraps begins starts stops keeps holds
    ships builds develops tests supplies licenses licences outlines details updates discloses
    falls fell rises rose jumps jumped slides slid drops dropped gains gained climbs climbed surges surged slips slipped
    plunges plunged tumbles tumbled soars soared rallies rallied sinks sank dips dipped edges edged slumps slumped
    rebounds rebounded tanks pops crashes outperforms underperforms leads lags trades traded is was has had will would
    could may might can to are were isn't ends struggles grows grew shrinks shares
    """)
"""Verbs, and words before verbs, that a distinctive name is the subject of."""
ACTING_ON = word_set("""
    fines fined clears cleared sues sued buys bought acquires acquired acquire buy sell upgrades upgraded upgrade downgrades downgraded
    downgrade likes owns own dumps dumped probes probed investigates investigated accuses accused cuts backs backed
    rejects rejected short shorts against versus vs owning holding trading rates rated initiates
    regulators urges targets circles
    """)
"""Words in front of a name that make it their object."""
MOVES = word_set(
    """
    jump jumped jumps rise rose rises fall fell falls drop dropped drops slide slid slides climb climbed climbs gain gained
    gains surge surged surges slip slipped slips plunge plunged plunges tumble tumbled tumbles soar soared soars rally
    rallied rallies sink sank sinks dip dipped dips edge edged edges hit hits trade traded trading are were have had up down
    in on after as at near to will could may might close closed open opened end ended look lead led outperform slump slumped
    rebound rebounded sold sell extend extended halted lower higher remain stall stalled explode spike spiked crash crashed
    worth outstanding that held
    """
)
"""What follows "shares" where it is a noun."""
TITLES = word_set(
    "vice senior executive director head founder managing portfolio co-founder analyst analysts economist"
)
PREPOSITIONS = word_set("of in at from by for on")
PLACE_PREPOSITIONS = word_set("of in at from near to around outside through across via")
MAKERS = word_set("""
    retailer automaker carmaker chipmaker drugmaker planemaker phonemaker lender airline insurer miner brewer grocer
    homebuilder biotech utility bank railroad conglomerate rival giant maker manufacturer supplier operator developer
    publisher broadcaster startup start-up unicorn parent chain company firm restaurateur distiller steelmaker toymaker
    oilfield apparel restaurant software semiconductor pharma
    """)
"""What a company is called in front of its name: "retailer Gap"."""
OPENERS = (
    MAKERS
    | ACTING_ON
    | AGENT
    | FINANCIAL
    | PREPOSITIONS
    | word_set("""
    why how what when where who which will can is are was does do did should would could may might has have if as after
    before while although because than and or but not with without under over into amid despite about near between
    through during since until like unlike versus plus via per even yet also still now today here's watch analyst
    analysts exclusive update breaking report former ex the trader traders rivals retailers automakers chipmakers lenders
    banks airlines insurers monday tuesday wednesday thursday friday saturday sunday january february march april june july
    august september october november december
    """)
)
"""Words that may stand in front of a name, with a capital at the start or in a headline, and are no part of it."""
TAILS = word_set("""
    reit trust fund funds foundation stadium arena center centre university college school academy institute street
    avenue road lane boulevard park county town township village hospital museum church airport bridge field tower plaza
    hotel insurance pty gmbh llc ltd plc scholarship charity charities prize award awards cup open classic marathon
    championship championships museum theatre theater library hall house pavilion square station district valley
    hospitality brewery winery orchestra society association club island islands lake river mountain mountains hills
    beach cemetery cathedral court bay championship
    """)
"""Last words of names of other things: "Bank of America Stadium"."""
STOP = word_set(
    "a an the and or of in on at to for from by with as is are was its it vs via per than but not inc corp ltd plc llc"
)
EXTENDING = word_set("led backed owned operated controlled run listed sponsored branded made funded based")
"""What may stand behind a hyphen after a name: "Exxon-led"."""
