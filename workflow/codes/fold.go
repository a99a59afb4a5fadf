package codes

import "unicode/utf8"

// Folded values of characters that have no ASCII form of their own.
const (
	foldNone   = 0    // invisible: zero-width, soft hyphen, byte order mark
	foldLetter = 0x80 // a letter of another alphabet: part of a word, never of a code
	foldMark   = 0x81 // registered, trade mark, copyright
	foldOther  = 0x82 // any other mark
)

// foldAt returns the character at text[i:] as it reads, and its length in
// bytes: full-width and mathematical digits, dashes, quotes, bullets and the
// Cyrillic and Greek letters that look Latin become ASCII.
func foldAt(text string, i int) (byte, int) {
	c := text[i]
	if c < utf8.RuneSelf {
		return c, 1
	}
	r, n := utf8.DecodeRuneInString(text[i:])
	return foldRune(r), n
}

func foldRune(r rune) byte {
	switch {
	case r >= 0xFF01 && r <= 0xFF5E: // full width forms of ! to ~
		return byte(r - 0xFF01 + '!')
	case r >= 0x2010 && r <= 0x2015, r == 0x2212, r == 0xFE58, r == 0xFE63, r == 0x2043:
		return '-'
	case r == 0xAD, r >= 0x200B && r <= 0x200F, r >= 0x2060 && r <= 0x2064, r == 0xFEFF, r >= 0x202A && r <= 0x202E, r >= 0xFE00 && r <= 0xFE0F:
		return foldNone
	case r == 0xA0, r >= 0x2000 && r <= 0x200A, r == 0x202F, r == 0x205F, r == 0x3000:
		return ' '
	case r == 0x85, r == 0x2028, r == 0x2029:
		return '\n'
	case r >= 0x2018 && r <= 0x201B, r == 0x2032, r == 0xB4:
		return '\''
	case r >= 0x201C && r <= 0x201F, r == 0xAB, r == 0xBB, r == 0x2033:
		return '"'
	case r == 0xAE, r == 0x2122, r == 0xA9, r == 0x2120:
		return foldMark
	case r == 0xD7, r == 0x2715, r == 0x2716:
		return 'x'
	case r >= 0x2022 && r <= 0x2023, r == 0xB7, r == 0x25CF, r == 0x25AA, r == 0x25E6, r == 0x2219, r == 0x25A0, r == 0x25A1, r == 0x2610, r == 0x2611, r == 0x2612, r == 0x2713, r == 0x2714, r == 0x27A4, r == 0x25BA:
		return '*'
	case r == 0x2190 || r == 0x2192 || r == 0x21D2 || r == 0x2794 || r == 0x279C:
		return '>'
	case r == 0x3001, r == 0xFE50, r == 0xFF64:
		return ','
	case r == 0x3002, r == 0xFF61:
		return '.'
	case r == 0x2026:
		return '.'
	case r == 0x2044 || r == 0x2215:
		return '/'
	case r == 0x2502 || r == 0x2503 || r == 0x00A6:
		return '|'
	case r == 0x20AC, r == 0xA3, r == 0xA5:
		return '$'
	case r >= 0x1D7CE && r <= 0x1D7FF: // mathematical digits, five alphabets
		return byte('0' + (r-0x1D7CE)%10)
	case r >= 0x391 && r <= 0x3C9 || r >= 0x405 && r <= 0x458:
		return lookAlike(r)
	case r >= 0xC0 && r != 0xF7 && r < 0x2000, r >= 0x2C00 && r < 0x2E00, r >= 0x3040 && r < 0xD800, r >= 0xF900 && r < 0xFB50:
		return foldLetter
	}
	return foldOther
}

// lookAlike maps Greek and Cyrillic letters that print like Latin ones.
func lookAlike(r rune) byte {
	switch r {
	case 0x391, 0x410:
		return 'A'
	case 0x392, 0x412:
		return 'B'
	case 0x421:
		return 'C'
	case 0x395, 0x415:
		return 'E'
	case 0x397, 0x41D:
		return 'H'
	case 0x399, 0x406:
		return 'I'
	case 0x408:
		return 'J'
	case 0x39A, 0x41A:
		return 'K'
	case 0x39C, 0x41C:
		return 'M'
	case 0x39D:
		return 'N'
	case 0x39F, 0x41E:
		return 'O'
	case 0x3A1, 0x420:
		return 'P'
	case 0x405:
		return 'S'
	case 0x3A4, 0x422:
		return 'T'
	case 0x3A7, 0x425:
		return 'X'
	case 0x3A5:
		return 'Y'
	case 0x396:
		return 'Z'
	case 0x430:
		return 'a'
	case 0x435:
		return 'e'
	case 0x43E, 0x3BF:
		return 'o'
	case 0x440:
		return 'p'
	case 0x441:
		return 'c'
	case 0x443:
		return 'y'
	case 0x445:
		return 'x'
	case 0x456:
		return 'i'
	case 0x455:
		return 's'
	case 0x458:
		return 'j'
	}
	return foldLetter
}
