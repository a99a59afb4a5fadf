package codes

import (
	"strings"
	"time"
)

// adjust reads CAS: a group and up to six reasons with their amounts.
func (c *x12Claim) adjust(s *x12Segment) {
	group := c.r.value(s, 1)
	switch group {
	case "CO", "PR", "OA", "PI", "CR":
	default:
		return
	}
	for n := 2; n < s.n; n += 3 {
		reason := strings.TrimLeft(c.r.value(s, n), "0")
		if reason == "" || len(reason) > 4 {
			continue
		}
		at := s.element(n)
		if n == 2 {
			at.from = s.element(1).from
		}
		c.reference("carc", group+"-"+reason, at)
		refuses := !sharing(group, reason)
		switch {
		case c.line.open:
			c.line.adjusted = true
			c.line.reason = c.line.reason || refuses
		case refuses && c.status == "4":
			c.refused = true
		}
	}
}

// sharing says whether an adjustment shares a payable amount between payer,
// provider and patient (deductible, coinsurance, copayment, fee schedule,
// earlier payer, sequestration) and thus refuses nothing.
// Source: X12 external code list 139.
func sharing(group, reason string) bool {
	switch reason {
	case "1", "2", "3", "66", "122":
		return group == "PR"
	case "23", "45", "253", "237", "144", "24", "59", "131", "94", "161", "100":
		return true
	}
	return false
}

func (c *x12Claim) remark(at stretch) {
	if v := strings.ToUpper(x12Clean(c.text, at)); remarkCode([]byte(v)) {
		c.reference("rarc", v, at)
	}
}

// claimStatus reads the category and code of a 277: A7:562.
func (c *x12Claim) claimStatus(at stretch) {
	parts := c.r.parts(at)
	if len(parts) < 2 {
		return
	}
	category, code := x12Clean(c.text, parts[0]), x12Clean(c.text, parts[1])
	if len(category) != 2 || !isUpper(category[0]) || !isDigit(category[1]) || len(code) > 3 || !digitsOnly([]byte(code)) {
		return
	}
	c.reference("claim_status", category+"-"+code, stretch{parts[0].from, parts[1].to})
	switch category {
	case "A3", "A6", "A7", "A8", "F2": // rejected, denied
		c.line.rejected = c.line.open
	}
}

func (c *x12Claim) reference(kind, value string, at stretch) {
	for at.from < at.to && (c.text[at.from] == ' ' || c.text[at.from] == '\n') {
		at.from++
	}
	for at.from < at.to && (c.text[at.to-1] == ' ' || c.text[at.to-1] == '\n') {
		at.to--
	}
	if at.from < at.to {
		c.references = append(c.references, Reference{Kind: kind, Value: value, Start: at.from, End: at.to})
	}
}

// health reads HI: diagnoses, inpatient procedures and the DRG, each by its
// qualifier. Conditions, occurrences and values are no codes of ours.
func (c *x12Claim) health(s *x12Segment) {
	for n := 1; n < s.n; n++ {
		parts := c.r.parts(s.element(n))
		if len(parts) < 2 {
			continue
		}
		code := strings.ToUpper(x12Clean(c.text, parts[1]))
		switch x12Clean(c.text, parts[0]) {
		case "ABK", "ABF", "ABJ", "APR", "ABN":
			c.add(ICD10CM, parts[1], code, nil, 0)
		case "BK", "BF", "BJ", "PR", "BN": // ICD-9's; today mostly written by mistake
			if b := []byte(code); icdShape(b) && icdCategory(b[:3]) && b[0] != 'V' && !(b[0] == 'E' && b[1] >= '8') {
				c.add(ICD10CM, parts[1], code, nil, 0)
			}
		case "BBR", "BBQ":
			if c.add(ICD10PCS, parts[1], code, nil, 0) && len(parts) > 3 {
				c.date("surgery", parts[3])
			}
		case "DR":
			c.add(MSDRG, parts[1], code, nil, 0)
		}
	}
}

// date reads a date by its qualifier (data element 374).
func (c *x12Claim) date(qualifier string, at stretch) {
	v := x12Clean(c.text, at)
	if len(v) < 8 || !digitsOnly([]byte(v[:8])) {
		return
	}
	kind := "unknown"
	switch qualifier {
	case "472", "434", "150", "232":
		kind = "dos"
	case "surgery":
		kind = "surgery"
	case "435":
		kind = "admission"
	case "096":
		kind = "discharge"
	case "151", "233", "036": // the end of a range that is known; the end of coverage
		return
	}
	when, ok := day(number(v[:4]), number(v[4:6]), number(v[6:8]))
	if !ok {
		return
	}
	if qualifier == "405" || qualifier == "573" {
		c.remit = len(c.dates) + 1
	}
	for at.from < at.to && (c.text[at.from] == ' ' || c.text[at.from] == '\n') {
		at.from++
	}
	group := max(1, c.claims)
	c.dates = append(c.dates, found{when: when, to: at.to, DateMention: DateMention{Date: when.Format(time.DateOnly), Kind: kind,
		Group: group, Basis: "stated", Start: at.from, End: min(at.to, at.from+8)}})
}

// filing takes the payer class from the claim filing indicator (data element
// 1032); the first of a text is the payer that the claim went to.
func (c *x12Claim) filing(indicator string) {
	if c.payer != "" {
		return
	}
	switch indicator {
	case "MA", "MB":
		c.payer = "medicare_ffs"
	case "16":
		c.payer = "medicare_advantage"
	case "MC":
		c.payer = "medicaid"
	case "BL", "CI", "HM", "12", "13", "14", "15", "FI", "DS":
		c.payer = "commercial"
	case "CH", "VA":
		c.payer = "tricare_va"
	case "WC":
		c.payer = "workers_comp"
	case "09":
		c.payer = "self_pay"
	}
}
