"""Words that say little of a company: ordinary English, names of persons and places, descriptors of business.

Written by hand from general knowledge; a word that is missing here counts as distinctive, and still needs neighbours
that speak of a company before it links.
"""


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text that lists them."""
    return frozenset(text.split())


COMMON = word_set("""
    a able above abundance academy accent access acclaim accolade ace acorn action active acuity acute adapt adept adt
    advance advanced advantage adventure affirm agile agility air airgain alarm album alert algorithm alignment all
    alliance allied ally aloe alpha alphabet alta alternative altitude amber ambition amp ample analog anchor angel ant
    anthem antler anvil apex apparel apple applied april aqua arbor arc arcade arch archer arena ark armor arrow art
    artisan ascend ascent aspect aspen asset assist associated assured aster astro at atlantic atlas atom attitude aura
    aurora automatic autumn avalanche avalon avenue average aviation axe axis axon azure b back badger bag balance ball
    balloon bamboo band bandwidth bank banner bar bark barn barrel barrier base basic basin basis bath battery bay be
    beach beacon beam bear beauty bed bee bell belt bench benchmark benefit berry best better beta bill big bio birch
    bird bit bite black blade blink block blog bloom blossom blue bluebird board boat body bold bolt bond bonus book
    boom boost boot border boss boston bottle boulder bounce bow bowl box brand bread breeze brick bride bridge bridges
    bright brilliant broad broadcast bronze brook brown brush bubble bucket buckle buffalo build builder bullet bullion
    bullish bumble bundle burger business butterfly button buy byte c cable cactus cafe cake calm camel camp canal
    candle candy canoe canopy canvas canyon cap capable capital capitol captain car carbon card cardinal care career
    cargo carnival carrier carrot cart carter carve cascade case cash castle cat catalyst catch cavalier cave cedar
    celebrate celebration cell cellular cement center central century ceramic certain chain challenge chamber champion
    champions change channel chapter charge charger charm chart charter chase check cheer cheesecake chef chemical
    cherry chess chest chicken chief children choice cinder cinema circle circuit circus citizen citizens city civil
    claim clarity class classic clay clean clear clearing clearway clever cliff climate climb clipper clock cloud clover
    club coach coal coast coastal cobalt cocoa code coffee coin cold collective college colony color columbia comet
    comfort command commerce commercial commodity common commons commonwealth community compact company compass complete
    compound computer concentra concept concord concrete condor conduit confidence confluent connect connection conquest
    consensus consolidated constant constellation construct consumer container contango content context continental
    continuum contour control convergence cook cool copper coral core cork corner cornerstone corona corporate cosmos
    costar cotton cougar council counter country courier course court cove covenant cover crane crave cream create
    creative credit creek crescent crest criterion critical crocodile crocs cross crossroads crow crown crude cruise
    crystal cube cue cure current curve custom customer customers cutter cyber cycle d daily dairy daisy dart dash data
    date dawn day dead deal dean decade deck deep deer defiance definitive delta demand denim dental depot desert design
    desk destination destiny detail devil dew dialog diamond digital digest dime dimension diner direct discount
    discover discovery distinct diverse diversified dividend dock dollar dolphin domain dome dominion donkey door dot
    double dove dragon dream drift drill drive driven drop dropbox drum duck duke dune duo dutch dynamic dynamics e
    eagle ear early earth east easterly eastern easy ebb echo eclipse eco edge edison eight electric electron element
    elements elephant elevate elite elk elm ember embrace emerald emerge eminence empire employers enact enable encore
    endeavor endurance energizer energy engage engine enhanced enigma ensemble ensign enterprise entertainment entrust
    envision envoy envy epic epoch equal equator equinox equitable equity era escape essence essential essentials estate
    eternal ether ethos euro ever everest evergreen everquote everyday evolution evolve exact excel exchange exodus
    expert explorer exponent express extra extreme eye f fabric face facet factor fair faith falcon fame family farm
    farmer farmers fashion fast fastly fate favor feather federal federated ferry fidelity field fiesta fifth figs film
    final finance fine finger fire firefly first fish fisher fit five flag flagship flagstar flame flash fleet flex
    flexible flight flint flow flower fluent flux fly focus foot force forest forge fork form formula fort fortress
    fortune forum forward fossil foundation founders fountain four fox frame franchise franklin free freedom freight
    fresh freshpet friend friends front frontier frost fuel full fulton fun fund funko fusion future g gain galaxy
    gallery game gander gap garage garden garnet gas gate gateway gear gem gemini general generation genesis genius
    gentle genuine ghost giant gift ginger glacier glass global globe glory glow go goal goat gold golden good goose
    grace graceful grain grand granite graph graphic grass gravity gray great green grid grit groove ground group grove
    grow growth guarantee guard guardian guess guide guild guitar gulf gun h habit hall halo hammer hand hanger happy
    harbor hard harmonic harmony harvest hat haven hawk hawkeye haze head health hear heart heartland heat heaven hedge
    helium helix hello helm help her heritage hero heron hertz high highland highway hill hims hippo hive holly hollow
    home homes honest honey honor hook hope horizon horn horse host hot hotel hour house hub hudson human hunt hunter
    hurricane hut hyper i ice icon idea ideal identity igloo ignite image imagine impact imperial impinj imprint impulse
    in incline incyte independence independent index indigo industrial infinity information infuse initial ink inn
    innovate innovative insight insmed inspiration inspire instructure instrument integer integral integrity intel
    inter interactive interest interface international intrepid intuitive invent invention investors iris iron island it
    item ivory j jack jackpot jade jaguar jamboree jay jazz jet jewel job joint journey joy juice jump junction jungle
    juniper jupiter just justice k kaleidoscope keen key keystone kind kindred king kingdom kite knight knot know l
    label ladder lake lamb lamp lancer land landmark landscape lantern lark laser latch latitude laureate lava law lawn
    leaf league leap leather legacy legend legion lemonade lens leopard level leverage liberty library life lifestyle
    lifetime light lighthouse lightning lily lime limestone limited limitless line link lion liquid list lithium live
    local lock locust lodge loft logic long look loom loop lotus loud love loyalty lucid lucky lumber lumen luminar luna
    lyric m machine macro magic magnet magnolia mail main majestic maker mako mammoth man manitou manor map maple marathon
    marble march marine mariner mark marker market markets marlin marine maroon marquee mars marvel mask mass mast
    master match material matrix matter maverick maxim maximum mayflower meadow measure medallion media medical medicine
    medium mega melody member memory mentor merchant merchants mercury meridian merit mesa message met meta metal meteor
    meter method metro metropolitan micro middle might mill millennium mimosa mind mineral minerva mini mint minute
    miracle mirage mirion mirror mission mist mobile mobility model modern modest moment momentum monarch money monitor
    monkey monolith monster moon more morning mosaic motion motor mountain mouse move movado mule muse museum music
    mustang mutual my myriad mystic n name nano nation national native natural nature nautical nautilus navigator near
    needle neighbor neon neptune nerd nest net network neutral never new news newt next nexus nice nickel night nimble
    nine ninja noble noise nomad noodles normal north northern northwest note nova novel november now nuclear nucleus o
    oak oasis oat object oblong obsidian ocean octave odyssey off offer office oil old olive olympic omega omni omnibus
    on once one onyx opal open opera opportunity optic optimum option options oracle orange orb orbit orca orchard
    orchid order organ organic organon orient origin original oriole osprey other otter out outdoor outfit outfront
    outlook outset ovation over overland overstock owl own oxford oxygen oyster p pace pacific pack package pact paddle
    page paint palace palette palm panda panel panorama panther paper par parade paradigm paradise paragon park parker
    parrot parsons partner partners party pass passage passion past patch path patient patriot pattern peace peach peak
    pear pearl pebble pelican pen penguin penny pension people pepper perfect perform performance perk permanent
    perpetual pet phantom phoenix phase phone photo physicians piano picnic picture pie piece pier pike pilgrim pillar
    pilot pine pineapple pink pinnacle pioneer pipeline pirate pitch pivot pixel pizza place plain plan planet plant
    plaster plastic plate platform platinum play player playtika plaza pleasant plenty plug plum plus pluto pocket point
    polar polaris pole polish poll polymer pond pool pop popular porch port portal portage portfolio portico position
    positive post potato potential potter pound power practice prairie precious precise precision preferred premier
    premium present press prestige pretty price pride prime primer primo primrose prince principal print priority prism
    pristine private pro process procter prodigy product professional profile profit progress progressive project
    prologue promise prompt property prospect prosper prosperity protect protector provident proto provide prudential
    public pulse puma pump pure purple pursuit puzzle q quad quaint quake quality quantum quarry quarter quartz queen
    quest quick quiet quilt quiver quorum quote r rabbit race radar radiant radical radio radius raft rail rain rainbow
    raise rally ramp ranch range ranger rapid rapport rare raven raw ray rayon reach ready real realty reason rebel
    recall record red redwood reef reflect refuge regal regent region regional regions relay reliability reliable
    reliance relic remark remedy remote renaissance renew rent repay republic rescue research reserve resolute resonant
    resort resource resources response rest result retail retreat retrieve revel reverb reverse revolution revolve
    reward rhythm ribbon rich ride ridge rift right ring ripple rise ritual rival river riviera road rock rocket rocky
    rogue roller root rope rose round route rover royal ruby rugged rule run rush rustic s saber sable safe safety saga
    sage sail saint salon salt sample sanctuary sand sandstorm sapphire satellite saturn savanna save savers savvy scale
    school science scope score scout scroll sea seaboard seal search season seat second secret secure security seed
    select self sell semi senior sense sentinel sequoia serene serenity series serve service seven seventh shade shadow
    shake shape share shark sharp shell shelter shepherd shield shift shine ship shoe shoals shop shore short show sierra
    sight sigma sign signal signature signet silk silver simple simply single sirius site six sky skyline sleep slide
    slim small smart smile smith smooth snap snow snowflake social sofi soft software sol solar solid solo solution
    solutions sonar sonic sonnet sono soul sound source south southern southwest sovereign space spark sparrow spartan
    special specialty spectrum speed sphere spice spider spike spin spire spirit splash splendid splunk spoke sport
    sports spot spotlight spring sprinkler sprint sprout sprouts spruce spur square stable stag stage stamp standard
    stanley star starboard stardust start state station steady steak stealth steam steel stellar stem step sterling
    stitch stock stone store storm story strategic strategy straight stratus stream street stride strike strong
    structure student studio sturdy style sublime success sugar suit summer summit sun sunday sunlight sunny sunrise
    sunset super superior supernova supreme sure surf surge surgery surgical sustainable swan sweet swift switch sword
    symbol symphony synapse synergy system t table tactical tailored talent talon tandem tango tank tanger tapestry
    target task taste tea team tech technology telescope telephone tempest temple tempo tempus ten tenet terminal
    terra terrace territory test texas theme therapy thermal thermo thin think third thor thorn thrive throne thunder
    tide tidewater tiger tile timber time tinder tip titan titanium title toast today together token tonic tool top
    topaz torch tornado toro total touch tour towel tower town townsquare toy trace track tractor trade tradition trail
    train transcat transcend transit travel traveler travelers treasure tree trek trend tri tribe tribune tributary trident
    trifecta trillium trinity trio trip triton triumph trove truck true trupanion trust trusted truth tuesday tulip tuna
    tundra tunnel turbo turf turning turtle tutor twin twist two typhoon u ultimate ultra umbrella under union unique
    unison unit united unity universal universe university up upland uplift upstart upwork uranium urban utah utility
    v vail valley valor value van vanguard vanilla vantage vault vector vega velocity velvet venture venus verb verdant
    vertex vertical verve vessel veteran via viad vibe vibrant victor victory view vigor viking villa village vine
    vintage violet viper virtue virtual virtuoso visa vision vista vital vitamin vivid vocal voice volt voyage voyager
    vulcan w wag wagon walker wall walnut walrus warehouse warrior wash waste watch water waterfall waterloo waters
    wave wax way wayfair wealth weather web welcome well wellness west western whale wheel whirlpool whisper white whole
    wide wild wilderness will willow win wind window wine wing wings winner winter wire wisdom wise wish wit wolf
    wonder wood woodland woodward word work workday workhorse workshop world worthy wrap wren x xenon xeric xperience y
    yacht yard year yellow yeti yield yoga young your youth z zen zenith zephyr zero zest zeta zinc zone zoo zoom zuora
    r&d m&a s&p b&b q&a a&e r&b p&l h&m ai pc tv uk us eu un hr pr ceo cfo
    """)
"""Ordinary words, letters and abbreviations, folded."""

PROPER = word_set("""
    aaron abbott abraham adam adams adrian alan albert alex alexander alexandria alfred alice allen allison amy anderson
    andrew angela ann anna anthony arnold arthur austin bailey baker barbara barnes barry becker becton bell ben benjamin
    bennett bernard blair bob boyd bradley brady brandon brian brooks bruce bryan burns butler calvin cameron campbell
    carl carlisle carol carroll catherine charles charlotte chester chris christian christopher clark clayton clinton
    clifford cohen cole coleman collins connor cooper craig crawford curtis dana daniel david davidson davis dennis
    derek diana dick dixon donald donna dorothy douglas duncan dylan edgar edward edwards elizabeth ellen elliott emily
    emma eric ernest estee ethan eugene evans fisher fiona ford foster francis frank fred frederick gardner gary george
    gerald gilbert glenn gordon graham grant greg gregory griffin hamilton hannah harley harold harris harrison harry
    harvey hayes helen henderson henry herbert herman hewlett hilton holmes howard hughes hunt hyatt ian isaac jack
    jackson jacob james jane janet jason jefferson jeff jennifer jenny jeremy jerry jessica jim joan joe john johnson
    jonathan jones jordan joseph joshua julia julie justin karen kate keith kelly kelley ken kennedy kenneth kevin kim
    kimberly kirby knox kyle larry laura lauren laurence lawrence lee lennar leon leonard leslie lewis lilly lincoln
    linda lindsay lisa lloyd logan louis lucas luke lynn macy madison margaret maria marie mark marriott marsh marshall
    martha martin mary mason mathew matthew matthews maurice maxwell melissa merrill michael michelle miller mitchell
    molly monica montgomery morgan morris morrison moore murphy murray myers nancy nathan neal neil nelson newman
    newton nicholas nick nicole noah nolan norman norton oliver oscar owens palmer parker patricia patrick paul paula
    perry peter peterson phil philip phillips pierce porter quinn rachel ralph randall randy ray raymond rebecca reed
    reeves reynolds richard richardson rick robert roberts robinson rockwell roger rogers roland ronald roper ross roy
    russell ryan sally sam samuel sandra sara sarah saul schwab scott sean shannon sharon shaw sheila sherman sherwin
    simon simpson smith snyder spencer stacey stanley stephanie stephen steven stewart stuart sullivan susan sutton
    sydney sylvia taylor teresa terry theodore thomas thompson timothy todd tom tony tracy travis tyler tyson valerie
    vaughn vera victor victoria vincent virginia wallace walter warner warren watson wayne webb webster wells wendy
    ackman bezos buffett cramer dimon icahn musk nadella pichai soros trump zuckerberg wally walt wesley wheeler whitney wilbur wiley william williams wilson winston wolfe woods wright wyatt zachary
    africa alabama alameda alaska albany alberta albuquerque algeria america american americas amsterdam anaheim angeles
    argentina arizona arkansas asia athens atlanta auckland australia austria bahamas bangkok barcelona beijing belgium
    bermuda berlin bombay boston brazil brisbane bristol britain british brooklyn brussels buffalo burlington california
    cambridge canada canadian carolina charleston chicago chile china chinese cincinnati cleveland colombia colorado
    columbus connecticut croatia cuba cyprus dakota dallas delaware delhi denmark denver detroit dominion dublin dubai
    eli edinburgh egypt england english essex europe european fairfax finland florida fort france french frankfurt fremont
    geneva georgia german germany ghana glasgow greece greenwich hague hamburg hampshire hampton hartford hawaii
    hawaiian helsinki hollywood holland hong houston hudson hungary iceland idaho illinois india indian indiana
    indonesia iowa iran iraq ireland irish israel istanbul italy jacksonville jakarta japan japanese jersey jerusalem
    kansas kent kentucky kenya kong korea kuwait lancaster las leeds lima lisbon liverpool london los louisiana
    louisville luxembourg madrid maine malaysia manchester manhattan manila maryland massachusetts melbourne memphis
    mexico miami michigan milan milwaukee minnesota mississippi missouri mobile monaco montana montreal morocco moscow
    mumbai munich nashville nebraska netherlands nevada newark newport niagara nigeria norfolk norway norwegian oakland
    ohio oklahoma omaha ontario oregon orlando oslo ottawa oxford pakistan panama paris pennsylvania peru philadelphia
    phoenix pittsburgh poland portland portugal prague princeton quebec raleigh reno richmond rio rochester rome russia
    sacramento salem san santa savannah scotland scottish seattle seoul shanghai shenzhen singapore somerset spain
    spanish springfield stamford stockholm sweden swedish swiss switzerland syracuse taipei taiwan tampa tennessee texas
    thailand tokyo toledo toronto trenton tucson tulsa turkey ukraine utah vancouver vegas venice vermont vienna vietnam
    wales warsaw washington winnipeg wisconsin wyoming york yorkshire zurich
    """)
"""Given names, surnames and places, folded: capitals say nothing of them."""

GENERIC = word_set("""
    advanced allied american applied associated atlantic bank business central century china commercial
    consolidated continental dynamic eastern federal financial first general global great green group independent
    industrial integrated international mutual national new north northern old pacific public regional royal select
    south southern southwest standard strategic superior union united universal us western world
    """)
"""First words that many companies share: never a company's short name."""

EMPTY_DESCRIPTORS = word_set("""
    group groupe holding holdings companies enterprises international intl worldwide com bancorp bancorporation
    bancshares partners adr ads
    """)
"""Words at the end of a registered name that texts leave out: "Goldman Sachs Group"."""

DESCRIPTORS = word_set("""
    aerospace airlines airways apparel associates automotive biologics biopharma biosciences biotech biotherapeutics brands
    capital cement chemical chemicals chocolate communications computer controls cosmetics cruises dairy data defense
    devices diagnostics digital education electric electronics energy engineering entertainment farms fashion finance
    financial foods footwear games genetics gold health healthcare homes hotels industries instruments insurance
    interactive investment investments lab laboratories labs lines lithium logistics machines manufacturing marine
    materials media medical medicines metals mills mines mining mobility motor motors network networks oil optical
    outdoors packaging paper petroleum pharma pharmaceutical pharmaceuticals photonics pipeline platforms power
    products properties publishing railroad railway realty resorts resources restaurants retail robotics sciences security
    semiconductor semiconductors services ship shipping software solar solutions steel stores studios surgical systems
    tech technologies technology telecom therapeutics tobacco toys trading transport transportation travel trucking trust
    utilities ventures vision water wireless
    """)
"""What a company does, behind the one word that names it: "Ford Motor", "Meta Platforms"."""
CONNECTORS = word_set("& of the for de du la le and")
"""Words inside a name that texts write small."""
