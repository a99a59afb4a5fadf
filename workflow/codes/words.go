package codes

import "strings"

// word is what a word means to the scanner: a set of the classes below.
type word uint64

const (
	wCPT    word = 1 << iota // label of CPT
	wHCPCS                   // label of HCPCS Level II
	wICD                     // label of ICD, edition follows
	wDX                      // label of a diagnosis
	wPCS                     // label of ICD-10-PCS
	wDRG                     // label of MS-DRG
	wREV                     // label of a revenue code
	wPOS                     // label of a place of service
	wNDC                     // label of a drug code
	wCDT                     // label of a dental code
	wMOD                     // label of a modifier
	wCODE                    // "code", of no particular system
	wPROC                    // "procedure"
	wID                      // what follows is an identifier, never a code
	wIDW                     // what follows is probably an identifier
	wNUM                     // "number", "no", "id" between a noun and its number
	wSTATE                   // two-letter state
	wSTATEN                  // state by name
	wSTREET                  // kind of street
	wMEAS                    // unit of measure, of time, of money
	wUNIT                    // "units"
	wCOUNT                   // things that are counted
	wBILL                    // billing: the sentence is about claims
	wASK                     // a question about coding
	wCLIN                    // clinical service
	wAND                     // joins list members
	wOR                      // joins alternatives
	wTO                      // joins the ends of a range
	wNOT                     // turns away: instead, rather, without
	wTIE                     // may stand between a code and its modifier
	wTIEF                    // may stand between a modifier and the code it goes on
	wART                     // articles and the like
	wWITH                    // with, w
	wAPPEND                  // what is done with a modifier
	wNW                      // number word
	wMONTH                   // month
	wRARC                    // remark and reason codes
	wDENT                    // dental
	wHCC                     // risk adjustment: V24 and V28 are model versions
	wVER                     // version of something
	wHEAD                    // heads a table column
	wCHARGE                  // heads a money column
	wUP                      // roughly: an amount follows, not a code
	wCHANGE                  // one code becomes another: "to" is no range
	wPLAIN                   // may follow a modifier spoken of by itself
	wLEVEL                   // spine and staging: what follows is a level
	wCITE                    // citation of a law, manual or document
	wGENE                    // laboratory and gene context
	wROAD                    // highways
	wSMALL                   // may stand between a label and its codes
	wIDH                     // names an identifier only with "number" or "#"
	wALONE                   // modifiers that are spoken of by themselves
	wDIG                     // a number word that may spell a dictated code
	wFAC                     // a hospital or its bill
	wPRON                    // a pronoun
	wTHING                   // a thing that has a number, and is never a service
	wGEAR                    // a machine or its part, behind or before a maker's name
	wTECH                    // programs and computers
	wSHOP                    // buying and stock
	wTEACH                   // lessons and examinations
	wFORM                    // assessments of nursing homes and home health
	wSAY                     // what is thought, said or accepted: a modifier may follow
)

var wordLists = []struct {
	class word
	words string
}{
	{wCPT, `cpt cpts`},
	{wHCPCS, `hcpcs hcpc hcps hpcpcs`},
	{wICD, `icd icds`},
	{wDX, `dx dxs dxcode diagnosis diagnoses diag diags diagnostico assessment icd cm impression ddx sdx pdx princ`},
	{wPCS, `pcs`},
	{wDRG, `drg drgs msdrg msdrgs`},
	{wREV, `rev revenue revcode`},
	{wPOS, `pos`},
	{wNDC, `ndc ndcs`},
	{wCDT, `cdt ada`},
	{wMOD, `modifier modifiers mod mods modif modifer modifers modifiter modfier modificador modificadores`},
	{wCODE, `code codes codigo codigos cd`},
	{wPROC, `proc procs procedure procedures px svc service services procedimiento`},
	{wID, `submitter pcn reset verification security promo door ticket tickets invoice invoices inv tracking size account accounts acct accts member members subscriber policy
		order orders zip zipcode zips mrn npi npis ptan tin ein ssn dea clia taxonomy fax phone tel telephone cell mobile
		ext extn extension pager passcode password pin login username employee badge license lic serial sn lot lots
		batch catalog sku box suite ste room rooms rm apt apartment bldg building floor bay gate wifi confirmation
		accession requisition req check chk cheque meeting voucher warehouse vendor quote purchase loinc snomed
		rxnorm rxcui cvx route transmittal invoices page pages pg pgs icn dcn caqh token trace eft era dated payerid
		receipt refund portal routing deposit parking elevator exit station gl medicare_id mbi hicn policyno reservation
		flight locker bin shelf barcode isbn hl7 clm caller bus ndcs2 fedex ups usps mailing pobox specimen slide
		passport visa plate dept department mls irb queue wq bucket budget population grant jurisdiction carrier locality sender edi smarttext error event stop table wbc plt platelets rbc cpk bnp ferritin license postal po bates docket exhibit statute hicl gpi gcn umdns gudid udi contract`},
	{wTHING, `truck trucks crate crates pallet pallets parcel parcels package packages printer printers host firmware seats stall stalls
		technician courier carton drawer trailer container voucher raffle coupon locker kiosk turnstile
		plaque forklift pager printout hotel motel train bus tram ferry`},
	{wGEAR, `scanner scanners printer printers machine machines camera cameras console consoles tray trays plates
		plate laptop desktop tablet copier router server workstation autoclave sterilizer microscope analyzer analyser densitometer
		fridge refrigerator freezer headset phone model models`},
	{wTECH, `server servers host error log logs firewall browser database timeout firmware exception bug software hotfix scrubber upgrade install
		installed crash crashed script api socket api stack vm kernel app`},
	{wSHOP, `reorder reordered catalog catalogue stock restock warehouse backordered backorder shipped ship shipping vendor
		purchase purchased carton cartons inventory aisle sku`},
	{wTEACH, `workbook textbook exam examination quiz homework student students chapter exercise lesson answer practice syllabus`},
	{wFORM, `mds bims ard oasis pdpm rug`},
	{wIDW, `payer payor unit tax wages salary claim case file record records chart charts patient patients pt encounter encounters plan
		form forms letter message request version build model device user doc document
		protocol cohort arm screw stem liner reference ref group grp id ids
		number numbers insurance ins job referral error
		certificate remittance statement balance quoted part agreement site store branch agency loan
		school college class course section chapter volume issue edition schedule`},
	{wIDH, `line lines item visit visits report note notes study block path pathology auth authorization precert preauth
		pump transmitter hospital center op cup graft consult wound specimen claim case`},
	{wALONE, `xe xs xp xu kx jw jz ga gy gz gx gt gq fq fr fs ft qw tc gc ge qx qy qz qk aa nu rr kh rt lt as pt cq co go gp gn kg ke kk
		gg gh gw gv pn po sa sg sl cs lc ld rc lm ri`},
	{wSAY, `thought think believe believes say says said suggest suggests suggested recommend recommends recommended told prefer prefers
		accept accepts accepted allow allows honor honors recognize recognizes ignore ignores whether if why`},
	{wDIG, `zero oh nought one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
		seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety`},
	{wFAC, `ub ub04 hospital facility inpatient outpatient emergency itemized tob drg irf hopd`},
	{wPRON, `they we i it he she you this that these those`},
	{wNUM, `number numbers num nbr no nos nr nums`},
	{wSTATE, `al ak az ar ca co ct de fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne nv nh nj nm ny nc nd oh
		ok or pa ri sc sd tn tx ut vt va wa wv wi wy dc pr`},
	{wSTATEN, `alabama alaska arizona arkansas california colorado connecticut delaware florida georgia hawaii idaho
		illinois indiana iowa kansas kentucky louisiana maine maryland massachusetts michigan minnesota mississippi
		missouri montana nebraska nevada hampshire jersey mexico york carolina dakota ohio oklahoma oregon
		pennsylvania island tennessee texas utah vermont virginia washington wisconsin wyoming columbia`},
	{wSTREET, `street st ave avenue av road rd blvd boulevard drive dr lane ln way court ct pkwy parkway hwy highway
		circle cir place pl plaza terrace ter trail trl square sq turnpike tpke pike route loop alley crescent`},
	{wMEAS, `mg mcg ug ml cc gm gms gram grams kg kgs lb lbs pound pounds oz ounces cm mm km mile miles ft feet foot inch inches
		minute minutes min mins hour hours hrs hr day days week weeks wk wks month months mos year years yrs yr yo
		yrold old percent pct degrees deg iu cells mmhg bpm mgy mci uci meq mmol atm gauge french hz volts watts sq usd dollars
		dollar bucks cents rvus rvu points bytes mb kb ng dl am pm lpm dose doses lesion lesions level levels seconds sec secs
		weeks bp stitches sutures stages vials vial tabs tablets pills bid tid qd prn mph`},
	{wUNIT, `unit units u un uts ut unidades`},
	{wCOUNT, `claims people members lives visits encounters cases times cars trucks staff employees beds copies pages steps shirts
		calls items accounts doses lesions sessions residents providers physicians doctors coders users emails rows records
		charts patients pts students samples procedures hospitals clinics babies children adults shares barrels square tests draws swabs injections
		followers subscribers dollars miles`},
	{wBILL, `bill billed bills billing biller billers billable rebill rebilled unbill report reported reports reporting reportable
		submit submitted submits submitting resubmit resubmitted claim claims charge charged charges charging code coded codes
		coding coder coders codigo codes denied deny denies denial denials denying negado paid pay pays payable paying payment payments
		reimburse reimbursed reimbursement reimburses bundled bundle bundles bundling unbundle unbundled unbundling incidental
		inclusive included includes include cpt hcpcs modifier modifiers mod mods ncci cci mue mues edits edit payer
		payor payers medicare medicaid allowed allowable covered cover covers coverage uncovered noncovered rejected rejects reject
		rejection appeal appealing authorization auth preauth precert global fee fees crosswalk addon bilateral procedure
		procedures proc px superbill eob eobs remit downcoded upcoded downcode downcoding price pricing priced dos recouped recoup
		overpaid resent refund separately icd dx diagnosis drg commercial carrier scrubber clearinghouse wellness hcc abn lcd
		ncd mips pqrs unlisted postop insurance tricare humana aetna cigna bcbs uhc corrected rebilling write appended append
		assistant cosurgeon telehealth mac mppr asc opps raf replaced replace deleted delete performed audit auditor audited
		supported supports plan units unit superbills duplicate inpatient outpatient principal secondary poa sequence sequencing sequenced
		capture experimental payment`},
	{wASK, `mentions mention mentioned lists list listed shows show shown states stated reads question questions help regarding concerning re what which should can could how why when compare compared difference
		differences guidelines guideline explain explains lookup look advise advice correct wrong right valid ok okay mean means
		need needs use using used want wants does anyone clarify describe definition define meaning info information agree separate
		instead both together still either allowed asking says say said wondering confirm report`},
	{wCLIN, `endoscopy endoscopic sinus sphenoid balloon injection injections inject injected surgery surgical arthroplasty scope
		colonoscopy egd biopsy excision repair fusion laminectomy arthroscopy debridement debrided cast fracture orif
		visit office admission discharge consult consultation critical care anesthesia mri ct xray ultrasound us echo cath stent
		chemo infusion therapy eval evaluation vaccine vaccination immunization delivery cesarean cataract lap chole hernia
		mohs lesion wart destruction nerve block facet epidural spine knee hip shoulder hand wrist foot ankle screening lab
		panel urinalysis strep culture allergy testing sleep study psych psychotherapy preventive physical wellness new est
		established did performed done placed removed placement removal port line catheter wound graft guidance fluoro
		fluoroscopy tubes tonsils septoplasty turbs turbinates ablation pacemaker device implant administration admin shot shots
		op ed er icu observation obs side sides prolonged telemedicine navigation imaging pathology mammo mammogram dexa ekg ecg stress
		sphenoidotomy graft arthrodesis autograft instrumentation decompression revision exploration`},
	{wAND, `and plus also y then und e`},
	{wOR, `or vs versus o`},
	{wTO, `to thru through thr until till`},
	{wNOT, `instead rather not without unless than nor versus if when does why no wo neither or either never`},
	{wTIE, `still ok okay fine allowed payable billable unbundled justified was were is are be been being billed coded submitted reported denied sent needs need needed require requires required
		take takes get gets has have had should would will can could must may with w using and also go went out under plus a an the
		append appended add added carries carry bearing having both attached modified along of only on it its con same
		line gets got wants to as by used use y processed paid rejected resubmitted rebilled just came in missing lacking lacks carrying bearing carried`},
	{wTIEF, `on to onto for with goes go going be belongs belong appended added attached append add attach the a an our my this that line code cpt
		off justified supported allowed required needed appropriate correct valid ok right
		hcpcs second first third other same secondary primary lesser higher each of in after procedure your his her visit applied applies apply is put used em`},
	{wART, `a an the this that our my his her your their any some`},
	{wWITH, `with w con`},
	{wAPPEND, `had has have gets get got takes lacks lacking append appended appending add added adding adds use used using uses attach attached apply applied applies put putting
		need needs needed require requires required want wants drop dropped remove removed take took missing missed carry submit
		report bill modifier give put leave left omit forgot change changed correct try choose missing carrying bearing pick choosing wants tried trying puts`},
	{wNW, `one two three four five six seven eight nine ten eleven twelve twice once`},
	{wMONTH, `jan january feb february mar march apr april may jun june jul july aug august sep sept september oct october nov
		november dec december`},
	{wRARC, `remark remarks rarc carc rarcs carcs reason adjustment adj deny denies rejected rejects rejection returned denial eob remit remittance denied oa co pr pi`},
	{wDENT, `dental tooth teeth dentist cdt ada quad quadrant crown pedo molar hygienist`},
	{wHCC, `hcc hccs raf cms-hcc`},
	{wVER, `version versions ver v vers grouper release ncci cci edition grouper`},
	{wHEAD, `cpt code codes hcpcs proc procedure mod modifier modifiers mods mm units unit qty quantity dx icd diagnosis diag dos date
		charge charges fee rev revenue pos ndc desc description line amount allowed paid adj acct account name patient mrn
		indicator ind col column service svc px ptr pointer lineno provider npi visit seq enc encounter id item total billed price
		drug dose auth prov rsn pat enc tos place no payment status note notes comment comments carc rarc reason denial`},
	{wCHARGE, `charge charges fee amount allowed paid adj total price billed payment balance`},
	{wUP, `about approximately approx roughly over under nearly almost around above below exceeds exceeded totaling paid owe owed owes
		cost costs costing worth saw see total totaled`},
	{wCHANGE, `change changed changes changing downcode downcoded downcodes upcode upcoded replace replaced swap swapped switch switched
		moved move correct corrected revise revised convert converted crosswalk crosswalks cross compare compared bundle bundled
		linked attached add added relative reduce reduced shift shifted map maps mapped went goes similar equal equivalent due
		addition next close tied incidental apply applies edit prior pay pays`},
	{wPLAIN, `isn doesn wasn won aren didn wouldn shouldn don off seems seem looks works work got gets stripped removed dropped denied added attached went fell missing staged unplanned unrelated related repeat bilateral reduced discontinued distinct separate professional technical split unusual means stands maybe perhaps likely probably though anyway thanks thx please sometimes always usually later on with to for and or be apply applies here instead if when because needed required allowed enough modifier mod vs is as unless
		go goes again too right ok would should by not since until only please also appended appropriate better best correct
		wrong valid needed versus then next both are was rather only at even ever reported but does do used because the so
		after before of on under belong belongs whether missing denied between in where who`},
	{wLEVEL, `level levels vertebra vertebral disc discs root nerve spine spinal foraminotomy radiculopathy stenosis lumbar cervical
		thoracic scoliosis burst compression`},
	{wCITE, `cfr usc iom transmittal chapter ch sec section policy manual title cr mln mm ruling oig federal register fr ssa`},
	{wGENE, `stain stains protein swab swabs variant variants exon exons kras egfr braf allele genotype polymorphism snp homozygous heterozygous genes mutations brca1 tp53 gene mutation mutant mutated wild vitamin b12 antigen supplement supplements mask masks school antibody factor`},
	{wROAD, `highway hwy interstate route exit freeway traffic drive fly flies plane aircraft airline`},
	{wSMALL, `code codes number numbers no nos is was are were of the a billed used submitted being listed following these this that
		for include includes including reported or and performed today given from plus both all using charged set rendered
		level ii two cm category list proposed assigned final primary secondary principal first second other my our
		needed shipped requested wants want says`},
}

// wordTableSize is a power of two well above the number of words, so that a
// look-up ends after a probe or two.
const wordTableSize = 1 << 13

type wordEntry struct {
	hash  uint64
	class word
}

// words is written here and nowhere else.
var words = compileWords()

func compileWords() *[wordTableSize]wordEntry {
	table := new([wordTableSize]wordEntry)
	for _, list := range wordLists {
		for w := range strings.FieldsSeq(list.words) {
			h := uint64(hashStart)
			for _, c := range []byte(strings.ToUpper(w)) {
				h = (h ^ uint64(c)) * hashPrime
			}
			i := h & (wordTableSize - 1)
			for table[i].class != 0 && table[i].hash != h {
				i = (i + 1) & (wordTableSize - 1)
			}
			table[i].hash = h
			table[i].class |= list.class
		}
	}
	return table
}

// FNV-1a, 64 bits, over the folded capital letters of a word.
const (
	hashStart = 14695981039346656037
	hashPrime = 1099511628211
)

func classOf(hash uint64) word {
	for i := hash & (wordTableSize - 1); ; i = (i + 1) & (wordTableSize - 1) {
		e := &words[i]
		if e.hash == hash {
			return e.class
		}
		if e.class == 0 {
			return 0
		}
	}
}

// numberWord is the value of "one" to "twelve", of "once" and "twice", or 0.
func numberWord(t *token) int {
	switch string(t.b[:min(int(t.n), len(t.b))]) {
	case "ONE", "ONCE":
		return 1
	case "TWO", "TWICE":
		return 2
	case "THREE":
		return 3
	case "FOUR":
		return 4
	case "FIVE":
		return 5
	case "SIX":
		return 6
	case "SEVEN":
		return 7
	case "EIGHT":
		return 8
	case "NINE":
		return 9
	case "TEN":
		return 10
	case "ELEVEN":
		return 11
	case "TWELVE":
		return 12
	}
	return 0
}
