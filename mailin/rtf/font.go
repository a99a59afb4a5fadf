package rtf

import "strings"

// font is what of a font says how its bytes are read.
type font struct {
	page int // code page, 0 for that of the document, symbolPage for pictures
	name string
}

// symbolPage is the number of the fonts of symbols, whose bytes are no letters.
const symbolPage = 42

// charsetPages are the code pages of the character sets that fonts name (\fcharset); those that are missing are the document's own.
var charsetPages = map[int]int{2: symbolPage, 77: 10000, 128: 932, 129: 949, 130: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255, 178: 1256, 179: 1256,
	180: 1256, 181: 1255, 186: 1257, 204: 1251, 222: 874, 238: 1250, 254: 437, 255: 850}

// Symbol is the text of a character of a font of symbols, by its number, which may be that of the private area of Unicode (F000 to F0FF). The
// boxes that forms tick and the signs of measures are known, others say nothing as text. A font that is no font of symbols has its letters there.
func Symbol(font string, n uint32) string {
	if n &= 0xfff; n == ' ' {
		return " "
	}
	lower := strings.ToLower(font)
	switch {
	case strings.HasPrefix(lower, "wingdings 2"):
		switch n {
		case 0x52, 0x54, 0x53, 0x51:
			return "[x]"
		case 0xa3, 0x2a, 0x30:
			return "[ ]"
		case 0x50:
			return "\u2713"
		}
	case strings.HasPrefix(lower, "wingdings"):
		switch n {
		case 0xfe, 0xfd, 0x78, 0x54, 0x55:
			return "[x]"
		case 0xa8, 0x6f, 0x70, 0x71, 0x72:
			return "[ ]"
		case 0xfc:
			return "\u2713"
		case 0xfb:
			return "\u2717"
		case 0xe0:
			return "->"
		case 0xa7, 0x9f, 0xd8, 0x76:
			return "- "
		}
	case lower == "symbol":
		switch n {
		case 0xb7:
			return "- "
		case 0xb3:
			return "\u2265"
		case 0xa3:
			return "\u2264"
		case 0xb1:
			return "\u00b1"
		case 0xb0:
			return "\u00b0"
		case 0xb4:
			return "\u00d7"
		case 0x6d:
			return "\u00b5"
		}
	default:
		if n > ' ' && n < 0x7f {
			return string(rune(n))
		}
	}
	return ""
}
