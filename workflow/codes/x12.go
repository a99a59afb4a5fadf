package codes

import "strings"

// Electronic claims and remittances as people paste them: X12 005010 text
// whole or cut, one segment a line or all on one, wrapped by a mail program,
// quoted, with the separators that its ISA segment names.
// Source of the syntax: X12.5 and X12.6; ISA11, ISA16 and the byte behind it
// name the separators.

// x12Elements is the most elements that a segment is cut into. CAS, the
// longest that is read to its end, has nineteen.
const x12Elements = 26

// x12Length bounds a segment, so that a text made to look like one without an
// end costs no more than any other.
const x12Length = 2000

// x12Segment is one segment at its place in the text. Element 0 is its name.
type x12Segment struct {
	name     string
	from, to int // bytes, the terminator left out
	n        int // elements
	elements [x12Elements]stretch
}

// x12Reader walks over the segments of a text and leaves out what stands
// between them.
type x12Reader struct {
	text       string
	pos        int
	element    byte // separates elements
	component  byte // separates the parts of an element
	terminator byte
	tilde      int // the next terminator at or behind the place that was asked last
}

func newX12Reader(text string) x12Reader {
	r := x12Reader{text: text, element: '*', component: ':', terminator: '~', tilde: -1}
	// A cut text without its ISA tells its separator by the segments that only
	// claims have.
	if !strings.Contains(text, "ISA") {
		for _, name := range []string{"SVC", "SV1", "SV2", "CLP", "CLM"} {
			at := strings.Index(text, name)
			if at < 0 || at+6 >= len(text) {
				continue
			}
			switch sep := text[at+3]; sep {
			case '|', '^', '+', '!':
				if x12Starts(text, at, sep) && (isUpper(text[at+4]) || isDigit(text[at+4])) {
					r.element = sep
					return r
				}
			}
		}
	}
	return r
}

// x12Text says whether a text holds segments at all. It allocates nothing.
func x12Text(text string) bool {
	r := newX12Reader(text)
	return r.anchor(0) >= 0
}

// x12Names are the segments of 835, 837, 276 to 278, 270 and 271, 999 and TA1.
const x12Names = " ISA IEA GS GE ST SE BHT BPR TRN CUR REF DTM DTP N1 N2 N3 N4 NM1 PER RDM PLB LX TS2 TS3 CLP CAS MIA MOA AMT QTY SVC LQ HL SBR PAT DMG PRV CLM CL1 HI PWK CN1 K3 NTE" +
	" CR1 CR2 CR3 CR4 CR5 CR6 CR7 CR8 CRC HCP SV1 SV2 SV3 SV4 SV5 SV6 SV7 SVD LIN CTP MEA OI TOO DN1 DN2 HSD PS1 FRM STC TA1 AK1 AK2 AK3 AK4 AK5 AK9 IK3 IK4 IK5 CTX EB EQ III AAA" +
	" MSG INS BGN UM HCR COB ACT "

// x12Starts says whether what stands before a place lets a segment begin there.
func x12Starts(text string, at int, element byte) bool {
	if at == 0 {
		return true
	}
	c := text[at-1]
	return !isDigit(c) && !isUpper(c) && (c < 'a' || c > 'z') && c != element && c != '*' && c != '-' && c != '_' && c != '/'
}

// anchor is the first place from the given one on at which a segment begins,
// or -1. A place is the name of a segment with a separator right behind it.
func (r *x12Reader) anchor(from int) int {
	for i := from; i < len(r.text); {
		k := strings.IndexByte(r.text[i:], r.element)
		// another interchange may begin, with separators of its own
		end := len(r.text)
		if k >= 0 {
			end = i + k
		}
		if isa := r.interchange(i, end); isa >= 0 {
			return isa
		}
		if k < 0 {
			return -1
		}
		k += i
		for _, n := range [2]int{3, 2} {
			at := k - n
			if at < from || !x12Starts(r.text, at, r.element) || !x12Known(r.text[at:k]) {
				continue
			}
			if k+1 < len(r.text) && r.text[k+1] == ' ' {
				continue // a word and an asterisk
			}
			return at
		}
		i = k + 1
	}
	return -1
}

// interchange is the place of an ISA segment between two bytes, or -1.
func (r *x12Reader) interchange(from, to int) int {
	for i := from; ; {
		k := strings.Index(r.text[i:min(to+3, len(r.text))], "ISA")
		if k < 0 {
			return -1
		}
		k += i
		if k+6 < len(r.text) && x12Starts(r.text, k, r.text[k+3]) && r.text[k+4:k+6] == "00" && x12Mark(r.text[k+3]) {
			return k
		}
		i = k + 3
	}
}

// x12Mark says whether a byte can separate elements: no letter, digit or space.
func x12Mark(c byte) bool {
	return c > ' ' && c < 0x7f && !isDigit(c) && !isUpper(c) && (c < 'a' || c > 'z')
}

func x12Known(name string) bool {
	for i := range len(name) {
		if !isUpper(name[i]) && !isDigit(name[i]) {
			return false
		}
	}
	for i := 0; ; {
		k := strings.Index(x12Names[i:], name)
		if k < 0 {
			return false
		}
		k += i
		if x12Names[k-1] == ' ' && x12Names[k+len(name)] == ' ' {
			return true
		}
		i = k + 1
	}
}

// next reads the next segment, and says whether there is one.
func (r *x12Reader) next(s *x12Segment) bool {
	at := r.anchor(r.pos)
	if at < 0 {
		r.pos = len(r.text)
		return false
	}
	if strings.HasPrefix(r.text[at:], "ISA") && x12Mark(r.text[at+3]) {
		r.separators(at)
	}
	*s = x12Segment{from: at}
	end := r.end(at)
	s.to = end
	r.pos = end
	if end < len(r.text) && r.text[end] == r.terminator {
		r.pos = end + 1
	}
	from := at
	for s.n < x12Elements {
		k := strings.IndexByte(r.text[from:end], r.element)
		if k < 0 || s.n == x12Elements-1 {
			s.elements[s.n] = stretch{from, end}
			s.n++
			break
		}
		s.elements[s.n] = stretch{from, from + k}
		s.n++
		from += k + 1
	}
	s.name = r.text[s.elements[0].from:s.elements[0].to]
	return true
}

// separators takes them from an ISA segment. Mail collapses the blanks of its
// fixed columns, so the separators are counted instead of measured.
func (r *x12Reader) separators(at int) {
	r.element = r.text[at+3]
	r.component, r.terminator = ':', '~'
	k := at + 3
	for n := 1; n < 16; n++ {
		i := strings.IndexByte(r.text[k+1:min(len(r.text), k+80)], r.element)
		if i < 0 {
			return
		}
		k += 1 + i
	}
	if k+2 < len(r.text) {
		r.component = r.text[k+1]
		r.terminator = r.text[k+2]
		if r.terminator == '\r' || r.terminator == ' ' {
			r.terminator = '\n'
		}
	}
	r.tilde = -1
}

// end is where the segment that begins at a place ends: at its terminator, at
// an empty line, before a line that begins another segment, and at the line's
// end where no terminator shows that it is only wrapped.
func (r *x12Reader) end(at int) int {
	text := r.text
	limit := min(len(text), at+x12Length)
	for i := at; i < limit; i++ {
		c := text[i]
		switch {
		case c == r.terminator:
			return i
		case c == '\n':
			next := skipQuote(text, i+1)
			if next >= len(text) || text[next] == '\n' || r.begins(next) || !r.wrapped(i, next) {
				return i
			}
		case c == ' ' && i+1 < limit && r.begins(i+1): // line ends that became blanks
			return i
		}
	}
	return limit
}

// skipQuote is the place of a line's first character behind blanks and quote
// marks.
func skipQuote(text string, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t' || text[i] == '>' || text[i] == '\r') {
		i++
	}
	return i
}

// begins says whether a segment begins right at a place.
func (r *x12Reader) begins(at int) bool {
	for n := 2; n <= 3; n++ {
		if at+n < len(r.text) && r.text[at+n] == r.element {
			return x12Known(r.text[at : at+n])
		}
	}
	return false
}

// wrapped says whether a line end within a segment is one of the mail program:
// its terminator follows, before any empty line or other segment.
func (r *x12Reader) wrapped(lineEnd, next int) bool {
	if r.terminator == '\n' {
		return false
	}
	if r.tilde < lineEnd {
		r.tilde = len(r.text)
		if k := strings.IndexByte(r.text[lineEnd:], r.terminator); k >= 0 {
			r.tilde = lineEnd + k
		}
	}
	if r.tilde >= len(r.text) || r.tilde-lineEnd > 300 {
		return false
	}
	for i := next; i < r.tilde; i++ {
		if r.text[i] == '\n' {
			n := skipQuote(r.text, i+1)
			if n >= len(r.text) || r.text[n] == '\n' || r.begins(n) {
				return false
			}
		}
	}
	return true
}

// element is the place of element n, empty where there is none.
func (s *x12Segment) element(n int) stretch {
	if n >= s.n {
		return stretch{s.to, s.to}
	}
	return s.elements[n]
}

// value is element n without the line ends and quote marks of a wrapping.
func (r *x12Reader) value(s *x12Segment, n int) string { return x12Clean(r.text, s.element(n)) }

func x12Clean(text string, at stretch) string {
	v := strings.TrimSpace(text[at.from:at.to])
	if strings.IndexByte(v, '\n') < 0 {
		return v
	}
	var b strings.Builder
	for i := 0; i < len(v); i++ {
		if v[i] == '\n' {
			i = skipQuote(v, i+1) - 1
			continue
		}
		if v[i] != '\r' {
			b.WriteByte(v[i])
		}
	}
	return b.String()
}

// parts cuts an element at the component separator. Where a cut text has no
// ISA, the mark behind a qualifier shows it.
func (r *x12Reader) parts(at stretch) []stretch {
	sep := r.component
	v := r.text[at.from:at.to]
	if strings.IndexByte(v, sep) < 0 {
		for _, other := range []byte{':', '>', '^', '|'} {
			if k := strings.IndexByte(v, other); k >= 2 && k <= 3 && other != r.element && x12Qualifier(v[:k]) {
				sep = other
				break
			}
		}
	}
	var out []stretch
	for from := at.from; len(out) < 12; {
		k := strings.IndexByte(r.text[from:at.to], sep)
		if k < 0 {
			return append(out, stretch{from, at.to})
		}
		out = append(out, stretch{from, from + k})
		from += k + 1
	}
	return out
}

// x12Qualifier says whether a word names the code list of a composite.
func x12Qualifier(s string) bool {
	switch s {
	case "HC", "AD", "NU", "N4", "ABK", "ABF", "ABJ", "APR", "ABN", "BK", "BF", "BJ", "PR", "BN", "BBR", "BBQ", "DR":
		return true
	}
	return false
}
