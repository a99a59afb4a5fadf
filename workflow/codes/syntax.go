package codes

import "strings"

// bitset is a fixed set of small numbers, filled once while the package is
// initialised and only read afterwards.
type bitset []uint64

func newBitset(n int) bitset { return make(bitset, (n+63)/64) }

func (b bitset) set(i int)      { b[i>>6] |= 1 << (i & 63) }
func (b bitset) has(i int) bool { return i >= 0 && i>>6 < len(b) && b[i>>6]&(1<<(i&63)) != 0 }

// shapeTables are the tables of tables.go in a form that answers at once.
type shapeTables struct {
	cpt       bitset // by the first three digits
	hcpcs     bitset // by letter*10000 + digits
	category  bitset // by three base-36 digits
	whole     bitset
	pcs       bitset // by three base-36 digits
	modifiers bitset // by two base-36 digits
}

// shapes is written here and nowhere else.
var shapes = compileShapes()

func compileShapes() shapeTables {
	t := shapeTables{
		cpt:       newBitset(1000),
		hcpcs:     newBitset(26 * 10000),
		category:  newBitset(36 * 36 * 36),
		whole:     newBitset(36 * 36 * 36),
		pcs:       newBitset(36 * 36 * 36),
		modifiers: newBitset(36 * 36),
	}
	for f := range strings.FieldsSeq(cptBlocks) {
		lo, hi, _ := strings.Cut(f, "-")
		if hi == "" {
			hi = lo
		}
		for i := number(lo); i <= number(hi); i++ {
			t.cpt.set(i)
		}
	}
	for f := range strings.FieldsSeq(hcpcsRanges) {
		lo, hi, _ := strings.Cut(f[1:], "-")
		if hi == "" {
			hi = lo
		}
		for i := number(lo); i <= number(hi); i++ {
			t.hcpcs.set(int(f[0]-'A')*10000 + i)
		}
	}
	letter := byte('A')
	for f := range strings.FieldsSeq(icdCategories) {
		switch {
		case len(f) == 1:
			letter = f[0]
		case len(f) == 3:
			t.category.set(triple(f[0], f[1], f[2]))
		default:
			lo, hi, _ := strings.Cut(f, "-")
			if hi == "" {
				hi = lo
			}
			for i := number(lo); i <= number(hi); i++ {
				t.category.set(triple(letter, byte('0'+i/10), byte('0'+i%10)))
			}
		}
	}
	for f := range strings.FieldsSeq(icdWhole) {
		t.whole.set(triple(f[0], f[1], f[2]))
	}
	for f := range strings.FieldsSeq(pcsRoots) {
		for i := 3; i < len(f); i++ {
			t.pcs.set(triple(f[0], f[1], f[i]))
		}
	}
	for f := range strings.FieldsSeq(modifierList) {
		t.modifiers.set(base36(f[0])*36 + base36(f[1]))
	}
	return t
}

// number reads decimal digits; anything else ends it.
func number(s string) int {
	n := 0
	for i := 0; i < len(s) && isDigit(s[i]); i++ {
		n = n*10 + int(s[i]-'0')
	}
	return n
}

func isDigit(c byte) bool { return c-'0' < 10 }
func isUpper(c byte) bool { return c-'A' < 26 }

// base36 is the value of a digit or capital letter; other bytes give 0.
func base36(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case isUpper(c):
		return int(c-'A') + 10
	}
	return 0
}

func triple(a, b, c byte) int { return (base36(a)*36+base36(b))*36 + base36(c) }

// digitsOnly says whether all bytes of a non-empty s are digits.
func digitsOnly(s []byte) bool {
	for _, c := range s {
		if !isDigit(c) {
			return false
		}
	}
	return len(s) > 0
}

// cptShape says whether s has the shape of a CPT code of any category: five
// digits, or four digits and one of F (category II), T (III), U (PLA), M
// (MAAA), A (administration).
func cptShape(s []byte) bool {
	if len(s) != 5 || !digitsOnly(s[:4]) {
		return false
	}
	switch s[4] {
	case 'F', 'T', 'U', 'M', 'A':
		return true
	}
	return isDigit(s[4])
}

// cptInUse says whether the room around a CPT shape is in use.
func cptInUse(s []byte) bool {
	n := number(string(s[:4]))
	switch s[4] {
	case 'F':
		return n >= 1 && (n < 7100 || n >= 9001 && n <= 9099)
	case 'T':
		return n >= 1 && n <= 1199
	case 'U':
		return n >= 1 && n <= 799
	case 'M':
		return n >= 1 && n <= 49
	case 'A':
		return n >= 1 && n <= 199
	}
	return shapes.cpt.has(number(string(s[:3])))
}

// hcpcsShape: one of the letters in use and four digits. D is CDT.
func hcpcsShape(s []byte) bool {
	if len(s) != 5 || !digitsOnly(s[1:]) {
		return false
	}
	switch s[0] {
	case 'A', 'B', 'C', 'E', 'G', 'H', 'J', 'K', 'L', 'M', 'P', 'Q', 'R', 'S', 'T', 'U', 'V':
		return true
	}
	return false
}

func cdtShape(s []byte) bool { return len(s) == 5 && s[0] == 'D' && digitsOnly(s[1:]) }

func letteredInUse(s []byte) bool {
	return shapes.hcpcs.has(int(s[0]-'A')*10000 + number(string(s[1:])))
}

// icdAlphabet says which characters each place of an ICD-10-CM code may hold.
// Source: all codes of January 2021 and FY2026, position by position.
func icdAlphabet(place int, c byte) bool {
	if isDigit(c) {
		return place != 0 && (place != 6 || c != '7')
	}
	switch place {
	case 0:
		return isUpper(c)
	case 1:
		return c == 'A'
	case 2:
		return c == 'A' || c == 'B'
	case 3:
		return c >= 'A' && c <= 'L' || c == 'X' || c == 'Z'
	case 4:
		return c >= 'A' && c <= 'E' || c == 'X' || c == 'Y' || c == 'Z'
	case 5:
		return c >= 'A' && c <= 'H' || c == 'X'
	case 6:
		switch c {
		case 'I', 'L', 'O', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z':
			return false
		}
		return isUpper(c)
	}
	return false
}

// icdShape says whether s, without its dot, has the shape of an ICD-10-CM code
// of three to seven characters. Y93.I1 is the one code with an I in the fourth
// place.
func icdShape(s []byte) bool {
	if len(s) < 3 || len(s) > 7 {
		return false
	}
	for i, c := range s {
		if !icdAlphabet(i, c) {
			return false
		}
	}
	return s[1] != 'A' || icdCategory(s)
}

// icdCategory says whether the first three characters are a category.
func icdCategory(s []byte) bool { return shapes.category.has(triple(s[0], s[1], s[2])) }

// pcsShape says whether s has the shape of an ICD-10-PCS code: seven
// characters without I and O, at least one letter and one digit.
func pcsShape(s []byte) bool {
	if len(s) != 7 {
		return false
	}
	letters, digits := 0, 0
	for _, c := range s {
		switch {
		case isDigit(c):
			digits++
		case isUpper(c) && c != 'I' && c != 'O':
			letters++
		default:
			return false
		}
	}
	return letters > 0 && digits > 0
}

// pcsTable says whether section, body system and operation are a table.
func pcsTable(s []byte) bool { return shapes.pcs.has(triple(s[0], s[1], s[2])) }

// isModifier says whether the two characters are a modifier of CPT or HCPCS.
func isModifier(a, b byte) bool {
	return (isDigit(a) || isUpper(a)) && (isDigit(b) || isUpper(b)) && shapes.modifiers.has(base36(a)*36+base36(b))
}
