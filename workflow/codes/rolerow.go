package codes

import "strings"

// Words that head the columns of a remittance which tell what became of a line.
const (
	paidHeads   = "paid|payment|pd|plan paid|paid amt|amt paid|paid amount|amount paid|ins paid|payer paid|paid ($)|pmt|prov pd|provider paid|ins pmt|net paid|payor paid|reimbursed"
	statusHeads = "status|result|outcome|disposition|decision|line status|claim status|action|denied|denied?|paid/denied|p/d|response|payer response|what happened|finding|adjudication"
	reasonHeads = "reason|carc|adj|adj code|reason code|denial|denial code|adj reason|adjustment|remark|remarks|carc/rarc|codes|grp/rsn|group/reason|rsn|cas|reason codes|denial reason|adj codes|ansi|ansi code|grp-rsn|group-reason|remark codes|rc/amt|adj rsn|explanation|ex code|expl|denial codes|reason/remark|rem code"
)

// rows reads the lines of a remittance pasted as a table: a line without any
// payment and with a reason that refuses is denied, and so is one whose status
// says it.
func (c *clause) rows() {
	var heads []cell
	var sep rune
	paid, status, reason := -1, -1, -1
	at := 0
	for line := range strings.SplitSeq(c.text, "\n") {
		from := at
		at += len(line) + 1
		if len(line) > 600 {
			continue
		}
		lo, hi := c.between(stretch{from, from + len(line)})
		if lo == hi {
			if strings.TrimSpace(line) == "" {
				continue
			}
			s := separatorOf(line)
			hs := cellsOf(line, s)
			if len(hs) < 2 || len(hs) > 40 {
				continue
			}
			p, st, re, named := -1, -1, -1, false
			for n, h := range hs {
				switch w := strings.Trim(line[h.from:h.to], " :*\"."); {
				case headed(w, codeHeads):
					named = true
				case headed(w, paidHeads):
					p = n
				case headed(w, statusHeads):
					st = n
				case headed(w, reasonHeads):
					re = n
				}
			}
			if named && (p >= 0 || st >= 0 || re >= 0) {
				heads, sep, paid, status, reason = hs, s, p, st, re
			}
			continue
		}
		if heads == nil {
			continue
		}
		cells := cellsOf(line, sep)
		value := func(column int) string {
			if column < 0 {
				return ""
			}
			return cellAt(line, cells, heads, column, sep)
		}
		if c.lineRefused(value(paid), value(status), value(reason), paid >= 0) {
			for i := lo; i < hi; i++ {
				if m := &c.ms[i]; m.service() && m.Role == RoleBilled {
					m.Role = RoleDenied
				}
			}
		}
	}
}

// lineRefused judges a line by its payment, status and reasons.
func (c *clause) lineRefused(paid, status, reason string, hasPaid bool) bool {
	switch w := strings.Trim(status, " ."); {
	case w == "":
	case hasWord(w, "denied|deny|rejected|not paid|unpaid|den|rej|reject|no|n|d|denial|disallowed|bundled|incidental"):
		return true
	case hasWord(w, "paid|allowed|ok|approved|yes|y|p"):
		return false
	}
	if hasPaid {
		amount := strings.Trim(paid, "$ -")
		if strings.Trim(amount, "0.,") != "" {
			return false
		}
		if amount == "" && !strings.Contains(paid, "-") {
			return false
		}
	}
	refuses := false
	for w := range strings.FieldsFuncSeq(reason, func(r rune) bool {
		return r == ' ' || r == ',' || r == '/' || r == ';' || r == '(' || r == ')' || r == '+'
	}) {
		group, code := "co", w
		if len(w) > 2 && oneOf(w[:2], "co pr oa pi cr") {
			group, code = w[:2], strings.TrimLeft(w[2:], "-: ")
		}
		if oneOf(w, "co pr oa pi cr") || code == "" || len(code) > 3 || !isDigit(code[len(code)-1]) || code[0] == 'n' || code[0] == 'm' {
			continue
		}
		if !sharing(strings.ToUpper(group), code) && !(group == "co" && oneOf(code, "1 2 3")) {
			refuses = true
		}
	}
	return refuses
}
