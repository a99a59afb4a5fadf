package codes

import "strings"

// payerClasses are what texts call their payers, the classes in the order in
// which they are looked for. Names of contractors and plans: CMS's list of
// Medicare administrative contractors, the states' names for their Medicaid
// programmes, and the large national and Blue plans.
var payerClasses = []struct{ class, words string }{
	{"medicare_advantage", "medicare advantage|medicare adv|medicare advtg|med advantage|med adv|ma plan|ma plans|ma hmo|ma ppo|ma payer|ma payers|ma contract|ma member|ma patient|ma pt|mapd|ma-pd|part c|medicare part c|medicare replacement|replacement plan|medicare managed care|managed medicare|humana gold|humana ma|humana medicare|aetna medicare|aetna ma|uhc medicare|uhc ma|uhc mapd|united ma|united medicare|aarp medicare|aarp ma|bcbs medicare|bcbs ma|blue medicare|anthem medicare|anthem ma|cigna medicare|cigna ma|cigna healthspring|healthspring|kaiser senior advantage|senior advantage|medicare hmo|medicare ppo|mao|devoted|devoted health|wellcare|wellcare ma|advantage plan|alignment health|clover health|scan health|carelon medicare|medicare complete|medicare plus|medicare choice|secure horizons|d-snp|dsnp|c-snp|radv"},
	{"workers_comp", "workers comp|workers' comp|worker's comp|workmans comp|workman's comp|workers compensation|workers' compensation|worker's compensation|work comp|workcomp|comp carrier|comp claim|comp adjuster|comp case|comp patient|wc carrier|wc claim|wc adjuster|wc case|wc patient|wc insurer|wc plan|wc payer|wcb|(wc)|work related injury claim|work injury|injured at work|injured worker|owcp|dol owcp|sedgwick|employers comp|state fund|bwc|l&i claim|labor and industries|dwc|ime carrier|compensación laboral"},
	{"tricare_va", "tricare|tri-care|champva|champus|the va|va claim|va claims|va patient|va pt|va community care|va ccn|community care network|va auth|va authorization|veterans affairs|veterans administration|triwest|optum va|humana military|health net federal|va referral"},
	{"medicaid", "medicaid|medi-cal|medical assistance|masshealth|tenncare|ahcccs|soonercare|badgercare|badgercare plus|husky|huskycare|healthy connections|apple health|mo healthnet|mainecare|kancare|nj familycare|familycare|peach state|healthy louisiana|bayou health|denali care|denalicare|dc medicaid|med-quest|medquest|hoosier healthwise|hoosier care|hip 2.0|iowa total care|green mountain care|oregon health plan|ohp|health first colorado|star plus|star+plus|texas star|amerigroup|chip plan|chip|managed medicaid|caresource|molina|centene|meridian health|buckeye health|superior health|sunshine health|keystone first|amerihealth caritas|healthfirst medicaid|fidelis|staywell|simply healthcare|title xix|epsdt|dual medicaid|passport health|virginia premier|parkland community|driscoll health"},
	{"self_pay", "self pay|self-pay|selfpay|cash pay|cash price|cash practice|cash only|cash-only|cash patient|cash based|uninsured|no insurance|don't have insurance|do not have insurance|without insurance|no coverage|out of pocket|good faith estimate|private pay|not insured|paying cash|pays cash|direct primary care|dpc practice|concierge"},
	{"medicare_ffs", "medicare|mcare|medcare|part b|part a|noridian|novitas|palmetto|palmetto gba|ngs|national government services|wps|wps gha|cgs|first coast|fcso|railroad medicare|rr medicare|rrb|the mac|our mac|mac denied|mac says|original medicare|traditional medicare|straight medicare|medicare ffs|ffs medicare|redetermination|qic|dme mac|jh|jl|j15|jn|jurisdiction h|tpe audit"},
	{"commercial", "commercial|private insurance|private insurer|private payer|private payor|bcbs|bc/bs|bcbstx|bcbsil|bcbsfl|blue cross|blue shield|blues|bluecard|anthem|carefirst|highmark|regence|premera|horizon|florida blue|excellus|empire|aetna|cigna|evernorth|uhc|united healthcare|unitedhealthcare|united health care|united|umr|optum|oscar|ambetter|humana|kaiser|medica|healthpartners|tufts|harvard pilgrim|point32|geisinger|upmc|priority health|medical mutual|meritain|oxford|multiplan|first health|emblem|emblemhealth|healthfirst|allegiance|trustmark|gehb|geha|fepblue|fep|surest|bright health|friday health|employer plan|employer group|group health plan|marketplace plan|exchange plan|aca plan|hmo plan|ppo|hmo|epo|tpa"},
}

// payerOf reads the payer class. Medicare Advantage is looked for before
// Medicare, since its plans are called Medicare too.
func payerOf(small string) string {
	for _, c := range payerClasses {
		i := wordAt(small, c.words)
		if i < 0 {
			continue
		}
		if c.class == "medicare_ffs" && hasWord(small, "commercial|commercial plan|commercial payer|not medicare|private payer|non medicare|non-medicare") && !hasWord(small, "medicare primary|part b|is medicare|medicare part b|medicare denied|medicare patient") {
			continue
		}
		if c.class == "medicaid" && hasWord(small, "medicare") && wordAt(small, "medicare|part b") < i && hasWord(small, "medicaid secondary|secondary medicaid|dual") {
			return "medicare_ffs"
		}
		return c.class
	}
	return "unknown"
}

// topicsOf reads what a message is about, in a fixed order.
func topicsOf(small string, ms []Mention, refs []Reference) []string {
	mods, procedures := 0, 0
	for i := range ms {
		if ms[i].System == Modifier || len(ms[i].Modifiers) > 0 {
			mods++
		}
		if ms[i].System == CPT || ms[i].System == HCPCS {
			procedures++
		}
	}
	kinds := func(kind string) bool {
		for _, r := range refs {
			if r.Kind == kind {
				return true
			}
		}
		return false
	}
	var out []string
	add := func(ok bool, topic string) {
		if ok {
			out = append(out, topic)
		}
	}
	add(len(ms) > 0 || hasWord(small, "code|codes|cpt|icd|icd-10|hcpcs|coding"), "codes")
	add(hasWord(small, "guideline|guidelines|guidance|documentation|requirement|requirements|criteria|policy manual|coding clinic|cpt assistant|mdm|time based|total time|sequencing|sequence|excludes1|first-listed"), "guidelines")
	add(mods > 0 || hasWord(small, "modifier|modifiers|mod|mods|append"), "modifiers")
	add(hasWord(small, "crosswalk|crosswalks|cross walk|gem|gems|convert|conversion|map to|maps to|mapped|equivalent|icd-9|cross code|replaced by|replacement code|new code for"), "crosswalks")
	add(hasWord(small, "ncci|cci|mue|mues|ptp|edit|edits|bundle|bundled|bundles|bundling|unbundle|unbundled|unbundling|incidental|inclusive|mutually exclusive|column 1|column 2|add-on|separately") ||
		procedures > 1 && hasWord(small, "same day|same session|together|both|with|bill both|billed with"), "ncci")
	add(hasWord(small, "compliance|audit|audited|auditor|overpayment|overpaid|refund|recoup|recouped|takeback|fraud|false claim|incident to|incident-to|split/shared|split shared|oig|signature|late entry|addendum|amend|waive|copay waiver|kickback|credentialing|enrolled|supervision|teaching physician|resident|rac|upic|zpic|tpe"), "compliance")
	add(kinds("lcd") || kinds("ncd") || kinds("article") || hasWord(small, "coverage|covered|cover|covers|covering|non-covered|noncovered|lcd|lcds|ncd|medical necessity|medically necessary|prior auth|prior authorization|preauth|precert|frequency|abn|payable|medicare pay|allowed|co-50"), "coverage")
	return out
}

// intentOf reads what the sender wants from us.
func intentOf(small string, ms []Mention) string {
	words := strings.Fields(small)
	if len(words) == 0 {
		return "none"
	}
	if merelyThanks(small, ms) {
		return "thanks"
	}
	if nothingAsked(small) {
		return "none"
	}
	first := strings.Trim(words[0], ".:,!\"'")
	switch first {
	case "lookup":
		return "lookup"
	case "help", "stop", "status", "close", "register", "unsubscribe", "fee", "check", "compare", "search", "guidelines", "start":
		line, _, _ := strings.Cut(strings.TrimSpace(small), "\n")
		if n := len(strings.Fields(line)); n <= 6 && !strings.Contains(line, "?") && (n == len(words) || n <= 4) {
			return "command"
		}
	}
	if len(ms) > 0 {
		var rest strings.Builder
		from := 0
		for i := range ms {
			if ms[i].Start >= from && ms[i].End <= len(small) {
				rest.WriteString(small[from:ms[i].Start])
				rest.WriteByte(' ')
				from = ms[i].End
			}
		}
		rest.WriteString(small[from:])
		left := 0
		for w := range strings.FieldsSeq(rest.String()) {
			switch strings.Trim(w, ".,;:?!/&+-()\"'") {
			case "", "and", "or", "cpt", "icd", "icd-10", "icd-10-cm", "hcpcs", "code", "codes", "dx":
			default:
				left++
			}
		}
		if left == 0 {
			return "lookup"
		}
		if len(words) <= 9 && hasWord(small, "what is|what's|what does|describe|define|description of|definition of|meaning of") && !hasWord(small, "difference|correct|right|best") {
			return "lookup"
		}
	}
	if hasWord(small, "following up|follow up on my|follow-up on|followup on|any update|any news|still waiting|checking in|as discussed|per your answer|your answer|your reply|your response|your question on|re your question|in answer to your question|to answer your question|answering your question|you asked for|you asked about|you asked whether|as requested|here is the info|here is the information you|here's the info|the info you requested|the missing info|our case cc|my case cc|case cc|per our last email|per my last email|my earlier email|my email from|my previous question|my last question|earlier question|sent last week|any word|did you get my|circling back|bumping this|touching base|additional information for") && len(words) < 80 {
		return "followup"
	}
	if strings.Contains(small, "?") || len(ms) > 0 {
		return "question"
	}
	letters := 0
	for i := range len(small) {
		if small[i] >= 'a' && small[i] <= 'z' {
			letters++
		}
	}
	if letters < 3 {
		return "none"
	}
	return "question"
}

// addressed says whether a text is a letter to a payer that refused something.
func addressed(small string) bool {
	return hasWord(small, "to whom it may concern|dear medical director|dear appeals|dear reviewer|dear claims|appeals department|attn: appeals|attention: appeals|medicare redeterminations") && hasWord(small, "you denied|your denial|the denial|was denied|were denied|denied") ||
		hasWord(small, "dear sir or madam") && hasWord(small, "you denied|your denial|your decision|your determination|you have denied")
}

// nothingAsked says whether a text tells something only: an advertisement, a
// notice that asks for nothing.
func nothingAsked(small string) bool {
	return hasWord(small, "unsubscribe|no action needed|no action required|no action is needed|no reply needed|no reply necessary|no response needed|no need to reply|no need to respond|do not reply|for your records only|just an fyi|fyi only") && !strings.Contains(small, "? ") && !strings.HasSuffix(strings.TrimSpace(small), "?")
}

// merelyThanks says whether a message is a mere thank-you: short, no question
// mark, no code, nothing but thanks.
func merelyThanks(small string, ms []Mention) bool {
	if len(ms) > 0 || strings.Contains(small, "?") || len(small) > 240 {
		return false
	}
	if !hasWord(small, "thank|thanks|thx|thank you|thankyou|ty|appreciate|appreciated|got it|perfect|great|awesome|cheers|gracias|much obliged|received") {
		return false
	}
	if hasWord(small, "but|however|please|can you|could you|would you|need|also|another|one more|still|what|how|why|which|when|denied|attached|question|if|deny|wrong|disagree|not") {
		return hasWord(small, "no need|no more questions|no further questions|just what we need|exactly what i needed|what i needed|what we needed|if i need anything") &&
			!hasWord(small, "but|however|can you|could you|would you|also|another|one more|why|which|denied|attached|wrong|disagree")
	}
	for i := range len(small) {
		if isDigit(small[i]) && len(small) > 160 {
			return false
		}
	}
	return len(strings.Fields(small)) <= 40
}

// kindOf reads what is asked for. attached says whether texts of attachments
// were among those read.
func kindOf(small string, ms []Mention, refs []Reference, groups int, attached bool, intent string) string {
	codes, drg := 0, false
	for i := range ms {
		if ms[i].System != Modifier {
			codes++
		}
		drg = drg || ms[i].System == MSDRG
	}
	carc := false
	for _, r := range refs {
		carc = carc || r.Kind == "carc" || r.Kind == "rarc"
	}
	denied := carc || hasWord(small, "denied|dneied|denyed|deneid|rejecting|disallowed|returned as unprocessable|recoupment|recouping|clawback|claw back|took back|non-covered|kicked back|refused|denial|denials|denies|denying|rejected|rejects|rejection|recouped|takeback|not paid|eob|remit|downcoded")
	switch {
	case intent == "thanks" || intent == "none" && nothingAsked(small):
		return "none"
	case hasWord(small, "appeal letter|draft an appeal|write an appeal|appeal template|redetermination request|who writes the appeal|write the appeal|writes the appeal|do the appeal|word the appeal|argue the appeal|win an appeal|win on appeal|worth appealing|grounds to appeal|grounds for appeal|overturn the denial|overturn this denial|fight this denial|fight the denial|request redetermination|request a redetermination|help with an appeal|help with the appeal|help us appeal|help me appeal|how do we appeal|how do i appeal|how to appeal|want to appeal|would like to appeal|need to appeal|going to appeal|appealing|appeal please|please appeal|second level appeal|first level appeal|level 2|level two|level ii appeal|qic|alj|reconsideration|letter of appeal|appeal of|appeal for|appeal this|formal appeal|we are appealing|respectfully request|to whom it may concern: you denied|letter to appeal|appeal packet|wording for the appeal|wording for an appeal|appeal wording|appeal deadline|appeal rights|deadline to appeal|file an appeal|filing an appeal|redetermination was|our appeal|appeal text|appeal draft") ||
		addressed(small) && denied:
		return "appeal"
	case hasWord(small, "retro-auth|retro auth|retro authorization|retroactive auth|pa needed|pa required|need a pa|needs a pa|require pa|requires pa|require a pa|auth request|authorization request|get auth|get an auth|need an auth|auth for|authorization for|prior approval|pre-approval|pre-determination|predetermination|prior-auth|prior authorized|prior auth|prior authorization|prior authorisation|preauth|pre-auth|precert|precertification|need auth|needs auth|require auth|requires auth|put on the auth|the auth|auth required|authorization required|need authorization|needs authorization"):
		if !denied || hasWord(small, "need prior auth|needs prior auth|need auth|require auth|on the auth") {
			return "prior_auth"
		}
		return "denial"
	case hasWord(small, "documentation query|query wording|wording for a query|wording of a query|word a query|word the query|query dr|query the doctor|query the attending|query the hospitalist|query the md|send a query|sending a query|retrospective query|concurrent query|query template|physician query|query the physician|query the provider|query the surgeon|query to the physician|query opportunity|non-leading|nonleading|draft a query|write a query|compliant query"):
		return "doc_query"
	case drg || hasWord(small, "drg|drgs|ms-drg|mcc|cc/mcc|grouper"):
		return "drg"
	case hasWord(small, "hcc|hccs|raf|risk capture|risk-adjustment|risk adjustment|risk adjust|risk adjusted|risk score|v28|v24|radv|cms-hcc|hhs-hcc|suspecting|recapture|hierarchical"):
		return "hcc"
	case denied:
		return "denial"
	case hasWord(small, "how much|fee schedule|would medicare allow|does medicare allow|will medicare allow|prices please|price please|opps payment|asc payment|apc payment|payment for|rates please|price list|going rate|conversion factor|facility rate|non-facility rate|nonfacility rate|pay rate|what would you charge|allowed amount|what does medicare pay|what will medicare pay|reimbursement for|reimbursement rate|payment rate|rvu|rvus|wrvu|what's the fee|what is the fee|fee for|fees for|price for|prices for|how much does|pay for|please price|payment limit|asp price|asp|allowable for|allowable|allowed for|allowables|what is the allowed|reimburse for|reimbursed for|what does it pay|what do they pay|national rate|payment amount|medicare rate|cash price|estimate for|cost of|how much would|what's it pay|what does it pay|what would medicare pay|what will it pay|pays for|reimbursement|reimburse|fee in|fee schedule amount|what should we charge|what should i charge|how much to charge|charge for|rate for|rates for"):
		return "fee"
	case groups >= 5 || hasWord(small, "audit list|pulled for audit|pull for audit|audit these|charts to audit|encounters to audit|claims to audit|sample of claims|sample of charts|audit sample|audit spreadsheet|encounters below|list of encounters|chart audit list|please audit"):
		return "audit_list"
	case hasWord(small, "surgery tomorrow|post the case|book the case|book the room|block time|or time|move the case|reschedule|rescheduled|how long to book|tomorrow morning|tomorrow|on for monday|on for tuesday|on for wednesday|on for thursday|on for friday|is on for|case is on|on the books|booked for|scheduled tomorrow|front desk needs to know|add on case|or schedule|posting|how do i post|schedule it|first case|on the table|on table|add-on case|scheduled for|scheduling|is scheduled|on the schedule|going to the or"):
		return "scheduling"
	case codes <= 1 && hasWord(small, "review the attached|review this chart|review the chart|code from the note|code from this note|look over the note|chart review|second look at the note|code the note|code the op note|code the chart|attached charts|attached chart|code the whole|code the attached|code the encounter|code this encounter|code these|code it for|blind results|charts attached|please review these|pull the codes|charts and tell us|could one of you code|can one of you code|can you code|could you code|please code"):
		return "chart_review"
	case codes == 0 && hasWord(small, "op note|operative note|operative report|op report|chart|note attached|attached note|notes attached|what do we bill|what do i bill|what should we bill|what can we bill|please code|code this|review the note|review my note|see attached|report attached|attached report"):
		return "chart_review"
	case codes == 0 && attached:
		return "chart_review"
	case hasWord(small, "explain|new coder|newbie|new to coding|stand for|stands for|dumb question|what do the|statement about|difference between|in plain words|in plain english|lunch and learn|for my class|for our class|for a class|teaching my|studying for|exam prep|cpc exam|ceu|ceus|how does|what does it mean|what's the rule|what are the rules|when to use|walk me through|overview|cheat sheet|understand the|learning|in general|general question|train|trainee|student|education|educate|teach|guidelines|guideline|presentation|in-service|what is the difference|what's the difference|help me understand|refresher"):
		return "education"
	case codes > 0 || strings.Contains(small, "?") || len(ms) > 0:
		return "question"
	case strings.TrimSpace(small) == "":
		return "none"
	}
	if intent == "none" {
		return "none"
	}
	return "question"
}
