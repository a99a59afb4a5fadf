package codebook

import (
	"strings"

	"caseconsultant/workflow/codes"
)

// keyOf is the form under which a code is stored: upper case, without the dot of ICD-10-CM and without blanks or hyphens, so that
// "m54.50", "M5450" and "M54.50-" are one. It does not judge whether the code can exist.
func keyOf(code string) string {
	clean := true
	for i := 0; i < len(code); i++ {
		if c := code[i]; !(c >= 'A' && c <= 'Z' || c >= '0' && c <= '9') {
			clean = false
			break
		}
	}
	if clean {
		return code
	}
	var b strings.Builder
	for _, r := range code {
		switch {
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case r >= 'a' && r <= 'z':
			b.WriteRune(r - 'a' + 'A')
		case r >= '０' && r <= '９': // full-width digits, as some keyboards send them
			b.WriteRune(r - '０' + '0')
		case r >= 'Ａ' && r <= 'Ｚ':
			b.WriteRune(r - 'Ａ' + 'A')
		case r >= 'ａ' && r <= 'ｚ':
			b.WriteRune(r - 'ａ' + 'A')
		}
	}
	return b.String()
}

// keyFor is keyOf for a code typed as one of a system: short numbers are padded as the system writes them (place of service 2 is 02).
func keyFor(system codes.System, code string) string {
	switch system {
	case codes.POS, codes.Revenue, codes.MSDRG, codes.NDC:
		// With what is no part of a code taken off if need be: "2!" is written as 02 like "2".
		for _, c := range []string{code, keyOf(code)} {
			if n, err := codes.Normalize(system, c); err == nil {
				return keyOf(n)
			}
		}
	}
	return keyOf(code)
}

// show writes a key as its code set does.
func show(system codes.System, key string) string {
	switch {
	case system == codes.ICD10CM && len(key) > 3:
		return key[:3] + "." + key[3:]
	case system == codes.NDC && len(key) == 11:
		return key[:5] + "-" + key[5:9] + "-" + key[9:]
	}
	return key
}

// plausible lists the systems that a key may belong to by its form alone, in the order in which a person means them: letters and digits
// that spell both a HCPCS code and an undotted ICD-10-CM code are HCPCS; two characters are a modifier before a place of service.
func plausible(key string) []codes.System {
	var out []codes.System
	switch len(key) {
	case 2:
		out = append(out, codes.Modifier)
		if digits(key) {
			out = append(out, codes.POS)
		}
	case 3:
		if digits(key) {
			out = append(out, codes.MSDRG)
		}
	case 4:
		if digits(key) {
			out = append(out, codes.Revenue)
		}
	case 5:
		if isCPT(key) {
			out = append(out, codes.CPT)
		}
		if isHCPCS(key) {
			out = append(out, codes.HCPCS)
		}
		if isCDT(key) {
			out = append(out, codes.CDT)
		}
	case 11:
		if digits(key) {
			out = append(out, codes.NDC)
		}
	}
	if isICD10CM(key) {
		out = append(out, codes.ICD10CM)
	}
	if isICD10PCS(key) || isPCSTable(key) {
		out = append(out, codes.ICD10PCS)
	}
	return out
}

func digit(c byte) bool  { return c >= '0' && c <= '9' }
func letter(c byte) bool { return c >= 'A' && c <= 'Z' }

func digits(s string) bool {
	for i := 0; i < len(s); i++ {
		if !digit(s[i]) {
			return false
		}
	}
	return s != ""
}

func alphanumeric(s string) bool {
	for i := 0; i < len(s); i++ {
		if !digit(s[i]) && !letter(s[i]) {
			return false
		}
	}
	return s != ""
}

// isCPT: category I 00100-99607, II nnnnF, III nnnnT, PLA nnnnU, MAAA nnnnM, administration nnnnA.
func isCPT(key string) bool {
	return len(key) == 5 && digits(key[:4]) && (digit(key[4]) || strings.IndexByte("FTUMA", key[4]) >= 0)
}

// isHCPCS: a letter and four digits. D is the dental code set; I and O are not used, to keep them from 1 and 0; the public file of 2019
// uses A B C E G H J K L M P Q R S T U V; other letters are accepted because CMS opens new ones.
func isHCPCS(key string) bool {
	return len(key) == 5 && letter(key[0]) && key[0] != 'D' && key[0] != 'I' && key[0] != 'O' && digits(key[1:])
}

// isProcedure: a code of five characters of any of the three systems that fee schedules and edits list.
func isProcedure(key string) bool { return isCPT(key) || isHCPCS(key) || isCDT(key) }

func isCDT(key string) bool { return len(key) == 5 && key[0] == 'D' && digits(key[1:]) }

// isICD10CM: a letter, then a digit or A (category QA0 of FY2026 broke "second character is a digit"), then a digit, A or B, then up to
// four more.
func isICD10CM(key string) bool {
	if len(key) < 3 || len(key) > 7 || !letter(key[0]) || !(digit(key[1]) || key[1] == 'A') {
		return false
	}
	return (digit(key[2]) || key[2] == 'A' || key[2] == 'B') && alphanumeric(key[2:])
}

// pcsCharacter: ICD-10-PCS uses no I and no O.
func pcsCharacter(c byte) bool { return digit(c) || letter(c) && c != 'I' && c != 'O' }

func isICD10PCS(key string) bool {
	if len(key) != 7 || strings.IndexByte("0123456789BCDFGHX", key[0]) < 0 {
		return false
	}
	letters := false
	for i := 0; i < len(key); i++ {
		if !pcsCharacter(key[i]) {
			return false
		}
		letters = letters || letter(key[i])
	}
	return letters
}

// isPCSTable: the three characters that name a table (001), which the order file lists as headings.
func isPCSTable(key string) bool {
	return len(key) == 3 && strings.IndexByte("0123456789BCDFGHX", key[0]) >= 0 && pcsCharacter(key[1]) && pcsCharacter(key[2])
}
