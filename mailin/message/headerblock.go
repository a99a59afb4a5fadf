package message

import (
	"regexp"
	"strings"
	"unicode"
)

// blockSeen is what a header block over quoted mail has.
type blockSeen struct {
	found  int  // different fields
	sender bool // among them the sender's
	strong bool // something that only mail has: when it was sent, a clock time, an address
	sure   bool // the sender's address, and a date with its time
	mail   bool // an address, or the field that tells when it was sent: forms and charts have neither
	to     bool // the recipient's address
	first  int  // kind of its first field
	end    int  // the line after it

	from, subject string
}

// headerField reads a line as a field of a header block: what kind it is, 0 for none, and its value.
func headerField(s string) (kind int, value string) {
	s = strings.Trim(strings.TrimLeft(s, "> \t|"), "* \t")
	if len(s) > 1000 {
		s = s[:1000]
	}
	at := colonIn(s[:min(len(s), 64)]) // one further behind parts no name
	if at <= 0 || at > 60 {
		return 0, ""
	}
	value = strings.TrimPrefix(strings.TrimPrefix(s[at:], ":"), "：")
	kind = headerNames[strings.ToLower(unsteered(strings.Trim(s[:at], "* \t\u00a0\u3000\u200e\u200f")))]
	return kind, strings.TrimSpace(strings.Trim(value, "* \t"))
}

// field is headerField of the line, which is part of the blocks that begin at any of the lines above it.
func (l *line) field() (kind int, value string) {
	if !l.fieldRead {
		l.fieldKind, l.fieldValue = headerField(l.text)
		l.fieldRead = true
	}
	return l.fieldKind, l.fieldValue
}

func (l *line) isField() bool {
	kind, _ := l.field()
	return kind != 0
}

// colonIn is where the first colon stands in s, be it a wide one; -1 if none does.
func colonIn(s string) int {
	at := strings.IndexByte(s, ':')
	if at >= 0 {
		s = s[:at]
	}
	if wide := strings.Index(s, "："); wide >= 0 {
		return wide
	}
	return at
}

// headerBlock reads the header lines that begin at line i: "From: ... Sent: ... To: ... Subject: ...".
func headerBlock(lines []line, i int) blockSeen {
	b := blockSeen{end: i}
	if len(lines[i].text) > 1000 || colonIn(lines[i].text) < 0 {
		return b
	}
	seen, misses, gap := 0, 0, 0
	addressed, timed := false, false
	for j := i; j < len(lines) && j < i+24; j++ {
		kind, value := lines[j].field()
		if kind == 0 {
			if j == i {
				return b
			}
			bare := strings.Trim(lines[j].text, "> \t|*")
			switch {
			case bare == "":
				// Gateways put an empty line after each; a second one ends the block.
				if gap++; gap > 1 || j+1 < len(lines) && !lines[j+1].isField() {
					return b.judged(seen, addressed, timed)
				}
				continue
			case strings.ContainsAny(bare, "@;") && len(bare) < 1000:
				b.end = j + 1 // recipients go on
				continue
			}
			if misses++; misses > 2 || gap > 0 {
				return b.judged(seen, addressed, timed)
			}
			if j+1 < len(lines) && lines[j+1].isField() {
				b.end = j + 1 // a folded value
			}
			continue
		}
		gap = 0
		if j == i {
			b.first = kind
			if value == "" && kind != 1 {
				return blockSeen{end: i}
			}
		}
		if seen&(1<<kind) != 0 && kind != 6 {
			continue
		}
		if seen&(1<<kind) == 0 {
			seen |= 1 << kind
			b.found++
		}
		b.end = j + 1
		switch kind {
		case 1:
			if value != "" && !strings.ContainsFunc(value, unicode.IsLetter) {
				return blockSeen{end: i} // "From: 01/02/2026"
			}
			b.sender, b.from = true, value
			addressed = addressed || strings.Contains(value, "@")
			b.strong, b.mail = b.strong || addressed, b.mail || addressed
		case 2:
			b.strong, b.mail = true, true
			timed = timed || clockPattern.MatchString(value)
		case 3:
			b.to = strings.Contains(value, "@")
			b.strong, b.mail = b.strong || b.to, b.mail || b.to
		case 5:
			b.subject = value
		case 7:
			clock := clockPattern.MatchString(value)
			b.strong = b.strong || clock
			timed = timed || clock
		}
	}
	return b.judged(seen, addressed, timed)
}

func isField(s string) bool {
	kind, _ := headerField(s)
	return kind != 0
}

func (b blockSeen) judged(seen int, addressed, timed bool) blockSeen {
	b.sure = addressed && timed
	if seen&(1<<1) == 0 && seen&(1<<5) == 0 && !(b.to && timed) {
		return blockSeen{} // "Date: 1 To: 2" of a table is none
	}
	return b
}

// clockPattern is a time of day.
var clockPattern = regexp.MustCompile(`\d{1,2}[:.]\d{2}|\d{1,2} ?[hH時时시点點] ?\d{2}`)

// stampPattern is a date as the header of a mail has it (RFC 5322, section 3.3).
var stampPattern = regexp.MustCompile(`\d{1,2} \pL{3,4} \d{4} \d{2}:\d{2}:\d{2} [+\-]\d{4}`)

// outlookBlock tells the header block over quoted mail from that of a letter or a fax cover, which has no addresses and no times. It returns the
// line after it, 0 if there is none.
func outlookBlock(lines []line, i int) int { return mailBlock(lines, i, "") }

// mailBlock is outlookBlock. It also believes a block in which names and a time of day are all that speaks for a mail, as that of Lotus Notes, when
// its subject is the one that the mail at hand answers or passes on, or its sender is named as Notes names people.
func mailBlock(lines []line, i int, subject string) int {
	if oneLineBlock(lines[i].text) {
		return i + 1
	}
	b := headerBlock(lines, i)
	if b.found >= 2 && !b.mail && (subject == "" || !strings.Contains(b.from, "/") && !sameSubject(subject, b.subject)) {
		return 0
	}
	switch {
	case b.found < 2:
		return notesBlock(lines, i)
	case b.found >= 3 && b.sender && b.strong && (b.first == 1 || b.first == 2 || b.first == 7):
		return b.end
	case b.found >= 4 && b.sender && b.sure:
		return b.end // with the subject or the recipient first
	case b.found == 2 && b.sender && b.sure && (stampPattern.MatchString(lines[i].text) || stampPattern.MatchString(lines[b.end-1].text) || alone(lines, i, b.end)):
		return b.end
	case b.found == 2 && b.first == 7 && b.to && stampPattern.MatchString(lines[i].text):
		return b.end
	}
	return notesBlock(lines, i)
}

// oneLineBlock tells a header block that a gateway has put on one line: "From: Ann Sent: Monday, March 2, 2026 9:00 AM To: Bo Subject: x".
func oneLineBlock(s string) bool {
	if len(s) > 1000 || strings.Count(s, ":") < 5 {
		return false
	}
	if kind, _ := headerField(s); kind != 1 {
		return false
	}
	seen, words := 0, strings.Fields(strings.TrimLeft(s, "> \t|"))
	for i, word := range words {
		word = strings.Trim(word, "*")
		if !strings.HasSuffix(word, ":") {
			continue
		}
		name := strings.ToLower(strings.Trim(word, ":*"))
		kind := headerNames[name]
		if kind == 0 && i > 0 {
			kind = headerNames[strings.ToLower(words[i-1])+" "+name]
		}
		seen |= 1 << kind
	}
	const whole = 1<<1 | 1<<3 | 1<<5
	return seen&whole == whole && seen&(1<<2|1<<7) != 0 && clockPattern.MatchString(s)
}

// alone says that empty lines, or the text's ends, part lines from what stands around them.
func alone(lines []line, from, to int) bool {
	bare := func(i int) bool {
		return i < 0 || i >= len(lines) || strings.Trim(lines[i].text, "> \t|-_*=") == ""
	}
	return bare(from-1) && bare(to)
}

var (
	notesSays  = regexp.MustCompile(`-{3}\d{1,4}[/.\-]\d{1,2}[/.\-]\d{1,4} \d{1,2}:\d{2}(?::\d{2})?(?: [AP]M)?-{3}`)
	notesStamp = regexp.MustCompile(`^\d{1,4}[/.\-]\d{1,2}[/.\-]\d{2,4} \d{1,2}:\d{2}(?::\d{2})?(?: ?[APap]M)?(?: [A-Z]{3,4})?$`)
)

// notesBlock tells the blocks of Lotus Notes: "Ann ---03/02/2026 09:00 AM---first words" over the fields, and the older one that has the name, the
// time, and the other fields under them, with a colon or on lines of their own.
func notesBlock(lines []line, i int) int {
	s := strings.TrimLeft(lines[i].text, "> \t")
	if s == "" || len(s) > 500 {
		return 0
	}
	if strings.Contains(s, "---") && notesSays.MatchString(s) {
		for j := i + 1; j < len(lines) && j <= i+5; j++ {
			if lines[j].text != "" {
				if b := headerBlock(lines, j); b.found >= 3 && b.sender {
					return b.end
				}
				return 0
			}
		}
		return 0
	}
	stamp := i + 1
	if stamp < len(lines) && lines[stamp].text == "" {
		stamp++
	}
	if stamp+1 >= len(lines) || len(s) > 100 || len(lines[stamp].text) > 60 || !notesStamp.MatchString(strings.Trim(lines[stamp].text, "> \t")) {
		return 0
	}
	kinds, end := 0, 0
	for j := stamp + 1; j < len(lines) && j < i+16; j++ {
		bare := strings.Trim(lines[j].text, "> \t")
		name, _, cells := strings.Cut(bare, "  ") // cells of a table
		kind, _ := headerField(name + ":")
		if k, _ := headerField(bare); k != 0 {
			kind = k
		}
		if kind >= 3 && kind <= 5 {
			if kinds&(1<<kind) != 0 {
				break
			}
			kinds |= 1 << kind
			end = j + 1
			if kind == 5 {
				if !cells && !strings.Contains(bare, ":") && j+1 < len(lines) {
					end++ // the subject stands under its name
				}
				break
			}
		}
	}
	if kinds&(1<<3) == 0 || kinds&(1<<5) == 0 {
		return 0
	}
	return end
}
