package codes

import (
	"fmt"
	"strings"
)

// Normalize brings a code as typed into the form in which the codebook keeps
// it: "m5450" becomes "M54.50", "rev 360" is not accepted but "360" becomes
// "0360", an NDC becomes 5-4-2. The error wraps [ErrSyntax] and says what the
// system's codes look like. It says nothing about whether the code exists.
//
// An NDC of ten digits without hyphens cannot be padded (it may be 4-4-2, 5-3-2
// or 5-4-1) and comes back as its ten digits.
func Normalize(system System, code string) (string, error) {
	s := fold(code)
	bad := func(want string) (string, error) {
		return "", fmt.Errorf("read %q as %s: %w; write %s", clip(code), system, ErrSyntax, want)
	}
	switch system {
	case CPT:
		if cptShape(s) {
			return string(s), nil
		}
		return bad("five digits, or four digits and F, T, U, M or A")
	case HCPCS:
		if hcpcsShape(s) {
			return string(s), nil
		}
		return bad("a letter and four digits, such as J1885")
	case CDT:
		if cdtShape(s) {
			return string(s), nil
		}
		return bad("D and four digits, such as D7140")
	case ICD10CM:
		bare := strings.Replace(string(s), ".", "", 1)
		if i := strings.IndexByte(string(s), '.'); i >= 0 && i != 3 {
			return bad("the dot after the third character, such as M54.50")
		}
		if !icdShape([]byte(bare)) {
			return bad("three to seven characters, such as M54.50 or M5450")
		}
		return dotted([]byte(bare)), nil
	case ICD10PCS:
		if pcsShape(s) {
			return string(s), nil
		}
		return bad("seven characters without I and O, such as 0FT44ZZ")
	case Modifier:
		if len(s) == 2 && (isDigit(s[0]) || isUpper(s[0])) && (isDigit(s[1]) || isUpper(s[1])) {
			return string(s), nil
		}
		return bad("two characters, such as 25 or RT")
	case MSDRG:
		if digitsOnly(s) && len(s) <= 3 {
			return pad(s, 3), nil
		}
		return bad("up to three digits, such as 470")
	case Revenue:
		if digitsOnly(s) && len(s) >= 3 && len(s) <= 4 {
			return pad(s, 4), nil
		}
		return bad("four digits, such as 0360")
	case POS:
		if digitsOnly(s) && len(s) <= 2 {
			return pad(s, 2), nil
		}
		return bad("two digits, such as 11")
	case NDC:
		if n, ok := ndc(string(s)); ok {
			return n, nil
		}
		return bad("5-4-2 digits with hyphens, such as 00409-1158-02")
	}
	return "", fmt.Errorf("read %q: %q is no code system; use one of %v", clip(code), system, Systems())
}

// SystemsOf returns the systems that a code typed on its own may belong to, the
// likeliest first; nil when it has the shape of none. A letter and four digits
// that spell a HCPCS code as well as an undotted diagnosis are HCPCS first.
func SystemsOf(code string) []System {
	s := fold(code)
	var out []System
	bare := []byte(strings.Replace(string(s), ".", "", 1))
	dot := strings.IndexByte(string(s), '.')
	diagnosis := icdShape(bare) && (dot == 3 || dot < 0)
	switch {
	case cptShape(s):
		out = append(out, CPT)
	case cdtShape(s):
		out = append(out, CDT)
		if diagnosis {
			out = append(out, ICD10CM)
		}
	case hcpcsShape(s):
		switch {
		case !diagnosis:
			out = append(out, HCPCS)
		case letteredInUse(s) || !icdCategory(s):
			out = append(out, HCPCS, ICD10CM)
		default:
			out = append(out, ICD10CM, HCPCS)
		}
	case pcsShape(s) && (pcsTable(s) || !diagnosis):
		out = append(out, ICD10PCS)
		if diagnosis {
			out = append(out, ICD10CM)
		}
	case diagnosis:
		out = append(out, ICD10CM)
		if pcsShape(bare) && dot < 0 {
			out = append(out, ICD10PCS)
		}
	case len(s) == 2 && isModifier(s[0], s[1]):
		out = append(out, Modifier)
		if digitsOnly(s) {
			out = append(out, POS)
		}
	case digitsOnly(s) && len(s) <= 2:
		out = append(out, POS)
	case digitsOnly(s) && len(s) == 3:
		out = append(out, MSDRG, Revenue)
	case digitsOnly(s) && len(s) == 4:
		out = append(out, Revenue)
	default:
		if _, ok := ndc(string(s)); ok {
			out = append(out, NDC)
		}
	}
	return out
}

// fold trims a code as typed: full-width and look-alike characters become
// ASCII, letters upper case, invisible characters and spaces go.
func fold(code string) []byte {
	out := make([]byte, 0, 16)
	for i := 0; i < len(code) && len(out) < 64; {
		c, n := foldAt(code, i)
		i += n
		switch {
		case c == 0 || c == ' ' || c == '\t' || c == '\n':
		case c >= 'a' && c <= 'z':
			out = append(out, c-'a'+'A')
		default:
			out = append(out, c)
		}
	}
	return []byte(strings.Trim(string(out), ",;:"))
}

// dotted puts the dot behind the category.
func dotted(s []byte) string {
	if len(s) <= 3 {
		return string(s)
	}
	return string(s[:3]) + "." + string(s[3:])
}

func pad(s []byte, width int) string {
	out := string(s)
	for len(out) < width {
		out = "0" + out
	}
	return out
}

// ndc brings a National Drug Code into 5-4-2. Ten bare digits stay as they are.
// Source: 21 CFR 207.33; the 11-digit billing form of the HIPAA claim standard.
func ndc(s string) (string, bool) {
	parts := strings.Split(s, "-")
	for _, p := range parts {
		if !digitsOnly([]byte(p)) {
			return "", false
		}
	}
	switch len(parts) {
	case 1:
		switch len(s) {
		case 11:
			return s[:5] + "-" + s[5:9] + "-" + s[9:], true
		case 10:
			return s, true
		}
	case 3:
		a, b, c := len(parts[0]), len(parts[1]), len(parts[2])
		if a == 5 && b == 4 && c == 2 || a == 4 && b == 4 && c == 2 || a == 5 && b == 3 && c == 2 || a == 5 && b == 4 && c == 1 {
			return pad([]byte(parts[0]), 5) + "-" + pad([]byte(parts[1]), 4) + "-" + pad([]byte(parts[2]), 2), true
		}
	}
	return "", false
}

// clip keeps an error message short: what was typed may be a whole letter.
func clip(s string) string {
	if len(s) > 24 {
		return s[:24] + "..."
	}
	return s
}
