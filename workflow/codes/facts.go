package codes

import "strings"

// payerOf reads the payer class. Medicare Advantage is looked for before
// Medicare, since its plans are called Medicare too.
func payerOf(small string) string {
	classes := []struct{ class, words string }{
		{"medicare_advantage", "medicare advantage|ma plan|ma plans|mapd|part c|medicare replacement|humana gold|aetna medicare|uhc medicare|bcbs medicare|medicare hmo|medicare ppo|mao|devoted|wellcare|advantage plan"},
		{"workers_comp", "workers comp|workers' comp|worker's comp|workers compensation|workers' compensation|work comp|workcomp|comp carrier|wc carrier|wc claim|wcb|work related injury claim"},
		{"tricare_va", "tricare|champva|the va|va claim|va patient|va community care|triwest|tri-care|veterans affairs"},
		{"medicaid", "medicaid|medi-cal|medical assistance|masshealth|tenncare|ahcccs|chip plan|managed medicaid|caresource|molina"},
		{"self_pay", "self pay|self-pay|selfpay|cash pay|cash price|uninsured|no insurance|cash patient"},
		{"medicare_ffs", "medicare|part b|part a|noridian|novitas|palmetto|palmetto gba|ngs|wps|cgs|first coast|fcso|railroad medicare|the mac|our mac|original medicare|traditional medicare"},
		{"commercial", "commercial|private insurance|bcbs|blue cross|blue shield|blues|aetna|cigna|uhc|united healthcare|unitedhealthcare|united|humana|anthem|kaiser|optum|highmark|ppo|oxford|bc/bs|private payer|private payor|umr|hmo plan"},
	}
	for _, c := range classes {
		i := wordAt(small, c.words)
		if i < 0 {
			continue
		}
		if c.class == "medicare_ffs" && hasWord(small, "commercial|commercial plan|commercial payer|not medicare|private payer") && !hasWord(small, "medicare primary|part b") {
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
	if hasWord(small, "following up|follow up on my|follow-up on|followup on|any update|any news|still waiting|checking in|as discussed|per your answer|your answer|your reply|your response") && len(words) < 80 {
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
	denied := carc || hasWord(small, "denied|denial|denials|denies|denying|rejected|rejects|rejection|recouped|takeback|not paid|eob|remit|downcoded")
	switch {
	case intent == "thanks":
		return "none"
	case hasWord(small, "appeal letter|draft an appeal|write an appeal|appeal template|redetermination request|help with an appeal|help with the appeal|appealing|second level appeal|reconsideration|letter of appeal|peer to peer"):
		return "appeal"
	case hasWord(small, "prior auth|prior authorization|prior authorisation|preauth|pre-auth|precert|precertification|need auth|needs auth|require auth|requires auth|put on the auth|the auth|auth required|authorization required|need authorization|needs authorization"):
		if !denied || hasWord(small, "need prior auth|needs prior auth|need auth|require auth|on the auth") {
			return "prior_auth"
		}
		return "denial"
	case hasWord(small, "documentation query|physician query|query the physician|query the provider|query the surgeon|query to the physician|query opportunity|non-leading|nonleading|draft a query|write a query|compliant query"):
		return "doc_query"
	case drg || hasWord(small, "drg|drgs|ms-drg|mcc|cc/mcc|grouper"):
		return "drg"
	case hasWord(small, "hcc|hccs|raf|risk adjustment|risk adjust|risk score"):
		return "hcc"
	case denied:
		return "denial"
	case hasWord(small, "how much|fee schedule|allowed amount|what does medicare pay|what will medicare pay|reimbursement for|reimbursement rate|payment rate|rvu|rvus|wrvu|what's the fee|what is the fee|fee for|price for|how much does|pay for|please price"):
		return "fee"
	case groups >= 5 || hasWord(small, "audit list|audit sample|audit spreadsheet|encounters below|list of encounters|chart audit list|please audit"):
		return "audit_list"
	case hasWord(small, "surgery tomorrow|tomorrow|on the table|on table|add-on case|scheduled for|scheduling|is scheduled|on the schedule|going to the or"):
		return "scheduling"
	case codes == 0 && hasWord(small, "op note|operative note|operative report|op report|chart|note attached|attached note|notes attached|what do we bill|what do i bill|what should we bill|what can we bill|please code|code this|review the note|review my note|see attached|report attached|attached report"):
		return "chart_review"
	case codes == 0 && attached:
		return "chart_review"
	case hasWord(small, "explain|training|education|educate|teach|guidelines|guideline|presentation|in-service|what is the difference|what's the difference|help me understand|refresher"):
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
