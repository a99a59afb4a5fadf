package codes

import (
	"strings"
	"time"
)

// found is a date in one text, before it is given its group.
type found struct {
	DateMention
	when time.Time
	to   int  // end of the whole range, for "3/2-3/4/26"
	past bool // of a letter, a birth, a payment: of no encounter
}

// dates finds the dates of a text with what each is the date of. US order is
// taken; of a range the first day. A date without its year is the latest past
// one, or the next one where the text speaks of something planned.
func dates(text string, received time.Time) []found {
	var out []found
	var l lexer
	l.text = text
	small := smalled(text)
	prevEnd := 0
	for i := 0; ; i++ {
		t := l.at(i)
		if t.kind == kEdge {
			return out
		}
		y, m, d, last, ok := l.dateAt(i)
		if !ok {
			if w := relative(t, received); !w.IsZero() {
				f := found{DateMention: DateMention{Date: w.Format(time.DateOnly), Kind: "planned", Basis: "planned", Start: t.start, End: t.end}, when: w, to: t.end}
				if t.is("TODAY") {
					f.Kind, f.Basis = "unknown", "received"
				}
				out = append(out, f)
			}
			continue
		}
		f := found{to: l.at(last).end}
		f.Start, f.End = t.start, l.at(last).end
		before := small[max(prevEnd, lineBefore(small, t.start)):t.start]
		after := small[f.End:min(len(small), f.End+40)]
		f.Kind = dateKind(before, after, small, t.start)
		f.past = f.Kind == "birth" || f.Kind == "letter"
		f.Kind = finalKind(f.Kind)
		f.Basis = "stated"
		if y == 0 {
			f.Basis = "year assumed"
			y = received.Year()
			w, valid := day(y, m, d)
			if !valid {
				if w, valid = day(y-1, m, d); !valid {
					i = last
					continue
				}
			}
			planned := f.Kind == "planned"
			switch {
			case planned && w.Before(received.AddDate(0, 0, -1)):
				w = w.AddDate(1, 0, 0)
			case !planned && w.After(received):
				w = w.AddDate(-1, 0, 0)
			}
			f.when = w
		} else {
			w, valid := day(y, m, d)
			if !valid {
				i = last
				continue
			}
			f.when = w
		}
		if f.Kind == "planned" {
			f.Basis = "planned"
		} else if f.Basis == "stated" && !received.IsZero() && f.when.After(received) && (f.Kind == "unknown" && !f.past || f.Kind == "surgery") {
			f.Kind, f.Basis = "planned", "planned"
		}
		f.Date = f.when.Format(time.DateOnly)
		// the second day of a range belongs to the first
		if n := len(out); n > 0 && out[n-1].to <= f.Start && rangeMark(small[out[n-1].to:f.Start]) {
			out[n-1].to = f.to
			if out[n-1].Basis == "year assumed" && f.Basis == "stated" {
				if w, valid := day(f.when.Year(), int(out[n-1].when.Month()), out[n-1].when.Day()); valid {
					out[n-1].when, out[n-1].Date, out[n-1].Basis = w, w.Format(time.DateOnly), "stated"
				}
			}
			prevEnd = f.to
			i = last
			continue
		}
		// "denied 1st time 12/3/2025, 2nd time 2/10/2026"
		if n := len(out); n > 0 && f.Kind == "unknown" && f.Start-out[n-1].to < 50 && out[n-1].Kind != "unknown" && f.Start > out[n-1].to &&
			hasWord(small[out[n-1].to:f.Start], "2nd time|second time|again|the second|second|2nd|third time|3rd|and then again|and again|the other") {
			f.Kind = out[n-1].Kind
		}
		// "DOS 1/5/2026, 1/9/2026"
		if n := len(out); n > 0 && f.Kind == "unknown" && out[n-1].Kind == "dos" && listGap(small[out[n-1].to:f.Start]) {
			f.Kind = "dos"
		}
		out = append(out, f)
		prevEnd = f.to
		i = last
	}
}

// lineBefore is where to begin to look for the words that tell a date's kind:
// at most 60 bytes back, not over an empty line.
func lineBefore(s string, at int) int {
	from := max(0, at-60)
	if i := strings.LastIndex(s[from:at], "\n\n"); i >= 0 {
		return from + i + 2
	}
	return from
}

func rangeMark(gap string) bool {
	switch strings.Trim(gap, " ") {
	case "-", "to", "thru", "through", "\u2013", "\u2014":
		return true
	}
	return false
}

func listGap(gap string) bool {
	switch strings.Trim(gap, " ") {
	case ",", "and", "&", ", and", ";":
		return true
	}
	return false
}

// relative is the day that "today" or "tomorrow" means.
func relative(t *token, received time.Time) time.Time {
	switch {
	case t.kind != kAlpha || received.IsZero():
	case t.is("TODAY"):
		return received.UTC().Truncate(24 * time.Hour)
	case t.is("TOMORROW"):
		return received.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1)
	}
	return time.Time{}
}

// dateAt reads a date at token i: 3/2/2026, 3-2-26, 03.02.2026, 3/2,
// 2026-03-02, 20260302, March 2, 2026, 2 Mar 2026, "03 02 2026". A year of 0
// is not stated.
func (l *lexer) dateAt(i int) (y, m, d, last int, ok bool) {
	t := l.at(i)
	if p := l.at(i - 1); p.kind == kPunct && t.gap == 0 && (p.p == '-' || p.p == '/' || p.p == '.' || p.p == '$') && i > 0 {
		if q := l.at(i - 2); p.gap == 0 && (q.kind == kNum || q.kind == kMix || p.p == '$') && p.p != '-' {
			return
		}
	}
	switch t.kind {
	case kNum:
		a, s1 := t.value(), l.at(i+1)
		if t.n == 8 && (t.b[0] == '1' && t.b[1] == '9' || t.b[0] == '2' && t.b[1] == '0') {
			y, m, d = a/10000, a/100%100, a%100
			_, ok = day(y, m, d)
			return y, m, d, i, ok
		}
		if s1.kind == kPunct && s1.gap == 0 && (s1.p == '/' || s1.p == '-' || s1.p == '.') {
			b, s2 := l.at(i+2), l.at(i+3)
			if b.kind != kNum || b.gap != 0 {
				return
			}
			c := l.at(i + 4)
			three := s2.p == s1.p && s2.gap == 0 && c.kind == kNum && c.gap == 0
			switch {
			case t.n == 4 && three && b.n <= 2 && c.n <= 2 && s1.p != '.':
				y, m, d, last = a, b.value(), c.value(), i+4
			case three && t.n <= 2 && b.n <= 2 && (c.n == 4 || c.n == 2):
				m, d, y, last = a, b.value(), c.value(), i+4
				if c.n == 2 {
					y += 2000
					if y > 2060 {
						y -= 100
					}
				}
				if s1.p == '.' && c.n == 2 {
					return 0, 0, 0, 0, false
				}
			case !three && s1.p == '/' && t.n <= 2 && b.n <= 2 && !(s2.gap == 0 && (s2.kind == kMix || s2.kind == kAlpha || s2.p == '/' || s2.p == '%')):
				// 3/2 is a date only where the words say so: scores, pressures and
				// lists are written alike.
				if !l.dateWord(i, i+2) && !l.dateHead(i, i+3) {
					return
				}
				m, d, last = a, b.value(), i+2
			default:
				return
			}
			if e := l.at(last + 1); e.gap == 0 && (e.kind == kNum || e.kind == kMix || e.p == '-' && l.at(last+2).gap == 0 && l.at(last+2).kind == kNum && y == 0 && l.at(last+3).p != '/') {
				return 0, 0, 0, 0, false
			}
			ok = m >= 1 && m <= 12 && d >= 1 && d <= 31
			return
		}
		// "2 March 2026", "03 02 2026"
		b, c := l.at(i+1), l.at(i+2)
		if t.n <= 2 && b.kind == kAlpha && b.class&wMONTH != 0 && b.gap == 1 && c.kind == kNum && c.n == 4 {
			return c.value(), monthOf(b), a, i + 2, a >= 1 && a <= 31
		}
		if t.n == 2 && b.kind == kNum && b.n == 2 && c.kind == kNum && c.n == 4 && c.b[0] == '2' && c.b[1] == '0' && b.gap == 1 && c.gap == 1 {
			y, m, d, last = c.value(), a, b.value(), i+2
			ok = m >= 1 && m <= 12 && d >= 1 && d <= 31
			return
		}
	case kAlpha:
		if t.class&wMONTH == 0 || t.is("MAY") && t.lower && l.text[t.start] == 'm' || t.is("MARCH") && l.text[t.start] == 'm' {
			return
		}
		j := i + 1
		if l.at(j).p == '.' {
			j++
		}
		b := l.at(j)
		dd := 0
		switch {
		case b.kind == kNum && b.n <= 2:
			dd = b.value()
		case b.kind == kMix && b.n <= 4 && isDigit(b.b[0]): // 2nd
			dd = number(string(b.bytes()))
		default:
			return
		}
		m, d, last = monthOf(t), dd, j
		k := j + 1
		if l.at(k).p == ',' {
			k++
		}
		if c := l.at(k); c.kind == kNum && c.n == 4 && (c.b[0] == '1' && c.b[1] == '9' || c.b[0] == '2' && c.b[1] == '0') {
			y, last = c.value(), k
		}
		ok = d >= 1 && d <= 31
		return
	}
	return
}

// dateWord says whether the words around tokens i to last speak of a day.
func (l *lexer) dateWord(i, last int) bool {
	for k := i - 1; k >= i-3 && k >= 0; k-- {
		t := l.at(k)
		if t.kind == kPunct && t.p != ':' && t.p != ',' && t.p != '(' && t.p != '/' && t.p != '-' {
			break
		}
		if t.kind == kAlpha {
			switch string(t.bytes()) {
			case "ON", "DOS", "DATE", "DATED", "FROM", "SINCE", "UNTIL", "THRU", "THROUGH", "AFTER", "BEFORE", "SEEN", "SURGERY", "VISIT", "SERVICE",
				"ADMITTED", "ADMIT", "DISCHARGED", "SCHEDULED", "DATES", "BY", "TODAY", "STARTS", "BETWEEN", "SHIPPED":
				return true
			case "AND", "TO":
				if p := l.at(k - 1); p.kind == kNum && l.at(k-2).p == '/' {
					return l.dateWord(k-3, k-1)
				}
			}
			if k < i-2 {
				break
			}
		}
	}
	n := l.at(last + 1)
	return n.is("VISIT") || n.is("DOS") || n.is("SURGERY") || n.is("APPT")
}

// dateHead says whether 3/2 heads a line or a sentence: "3/2: 97110 x2". A
// list's members and scores have no colon, and no code behind it.
func (l *lexer) dateHead(i, next int) bool {
	switch p := l.at(i - 1); {
	case p.kind == kEdge, p.kind == kLine, p.p == '.', p.p == ';', p.p == '*', p.p == ')':
	case p.p == '-' && (l.at(i-2).kind == kLine || l.at(i-2).kind == kEdge):
	default:
		return false
	}
	n := l.at(next)
	if n.p == ':' || n.p == '-' && n.gap > 0 {
		n = l.at(next + 1)
	} else if i > 0 && l.at(i-1).kind != kLine {
		return false
	}
	return n.n == 5 && (n.kind == kNum || n.kind == kMix) || n.class&(wCPT|wDX) != 0 && n.kind == kAlpha
}

func monthOf(t *token) int {
	b := t.bytes()
	if len(b) < 3 {
		return 0
	}
	return strings.Index("JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC", string(b[:3]))/3 + 1
}

// dateKinds are the words that tell what a date is the date of. Those of a
// letter and of a birth are no kinds of the contract, but say what it is not.
var dateKinds = []struct{ kind, words string }{
	{"dos", "dos|d.o.s|d.o.s.|fdos|date of service|dates of service|service date|service dates|date(s) of service|date of svc|svc date|svc dates|serv date|rendered on|rendered|performed on|furnished|seen on|seen|services on|services dated|service on|visit on|visit of|visit dated|dates of svc|dos on the letter|dos on the claim|dos in question|dos was|dos is|encounter date|date of visit|date of encounter|visit date|treated on|injected on|saw him on|saw her on|saw the patient on|saw pt on|came in on|came in|presented on|fecha de servicio|from dos|dos from|statement from|statement covers"},
	{"birth", "dob|d.o.b|d.o.b.|date of birth|born|birth date|birthdate|birthday|bday|doi|date of injury|date of accident|onset|lmp"},
	{"surgery", "surgery|surgery on|surgery was|operated on|operated|surgery date|date of surgery|surgical date|operation on|operation|date of the operation|date of the first operation|operation was|or date|or day|op day|op day was|op date|procedure date|procedure on|date of procedure|date of operation|underwent surgery|went to the or|taken to the or|post op from|arthroplasty on|replacement on|fusion on|implanted|implanted on|implant date"},
	{"admission", "admit|admitted|admission|adm|admit date|admitted on|admission date|readmitted|readmit|date of admission|admission on|inpatient since|inpatient from"},
	{"discharge", "disch|discharged|discharge|dc date|d/c|d/c'd|dc'd|discharged on|date of discharge|discharge date|discharge on|went home|sent home"},
	{"planned", "scheduled|scheduled for|scheduled on|planned|planned for|planned on|upcoming|is set for|booked for|booked|going to the or on|surgery tomorrow|on for|is on for|set for|on the schedule for|on the schedule|planned originally for|date planned|proposed date|planned dos|planned date|tentatively|plan is for|to be done|will be done on|will be on|going in on|slated for|rescheduled to|moved to|surgery scheduled for|procedure scheduled for|for surgery on"},
	{"denial", "notice|date of notice|notice date|notice dated|notice of action|denied on|denied|denial|denial dated|denial letter dated|denial letter of|denied 1st time|denied first|denied again|2nd denial|eob dated|eob date|eob|eob of|remit dated|remit date|remit|remittance|remittance date|denial date|date of denial|processed on|rejected|rejected on|rejection|unfavorable on|unfavorable|unfavourable|upheld|upheld on|decision dated|redetermination dated|determination dated|recouped on|era date|era dated"},
	{"letter", "letter|letter dated|letter date|dated|received|signed|printed|posted|filed|effective|effective date|as of|since|until|after|before|exp|expires|due|mailed|sent on|by|check|check date|paid on|paid|revised|submitted|submitted on|faxed|resubmitted|appeal sent|appealed|appeal date|peer-to-peer|peer to peer|called|call on|spoke|deadline|expires on|auth valid|valid from|valid through|today is|report date|published|version|updated|last updated"},
}

// dateKind tells what a date is the date of, by the nearest words before it
// and, failing these, right after it. Only the text's own words make a date of
// service.
func dateKind(before, after, text string, at int) string {
	best, kind := -1, "unknown"
	for _, k := range dateKinds {
		if end := lastEnd(before, k.words); end > best {
			best, kind = end, k.kind
		}
	}
	if best >= 0 && (len(before)-best > 36 || strings.ContainsAny(before[best:], ";?") || strings.Contains(before[best:], ". ")) {
		kind = "unknown"
	}
	if kind == "unknown" || kind == "letter" {
		a := strings.TrimLeft(after, " ,(:")
		for _, lead := range []string{"was the ", "is the ", "was ", "is ", "as the ", "as ", "= ", "the "} {
			a = strings.TrimPrefix(a, lead)
		}
		for _, k := range dateKinds[:7] {
			if i := wordAt(a, k.words); i == 0 {
				return k.kind
			}
		}
	}
	if kind == "unknown" {
		// a column of dates of service
		if line := headerAbove(text, at); line != "" && hasWord(line, "dos|date of service|service date|svc date|svc dt|from|serv date|visit date") && !hasWord(line, "dob") {
			return "dos"
		}
	}
	return kind
}

// lastEnd is where the last of the phrases that stand in s ends, or -1.
func lastEnd(s, phrases string) int {
	best := -1
	for p := range strings.SplitSeq(phrases, "|") {
		for to := len(s); to > 0; {
			i := strings.LastIndex(s[:to], p)
			if i < 0 {
				break
			}
			end := i + len(p)
			if (i == 0 || !wordByte(s[i-1])) && (end == len(s) || !wordByte(s[end])) {
				best = max(best, end)
				break
			}
			to = i
		}
	}
	return best
}

// finalKind leaves only the kinds that the contracts know.
func finalKind(kind string) string {
	if kind == "birth" || kind == "letter" {
		return "unknown"
	}
	return kind
}

// headerAbove is the first line of the block of lines that at stands in, when
// it reads as a table's header.
func headerAbove(text string, at int) string {
	start := strings.LastIndex(text[max(0, at-4000):at], "\n\n")
	if start < 0 {
		start = max(0, at-4000)
		if start > 0 {
			return ""
		}
	} else {
		start += max(0, at-4000) + 2
	}
	end := strings.IndexByte(text[start:], '\n')
	if end < 0 || start+end >= at || end > 160 {
		return ""
	}
	line := text[start : start+end]
	for i := range len(line) {
		// "Mod 1" and "dx2" head columns; numbers of two digits and more are values
		if line[i] == '.' || line[i] == '?' || isDigit(line[i]) && i+1 < len(line) && isDigit(line[i+1]) {
			return ""
		}
	}
	return line
}
