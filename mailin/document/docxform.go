package document

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// on reads an on/off value, whose absence means on (ECMA-376-1, 17.17.4).
func on(val string) bool { return val != "0" && val != "false" && val != "off" && val != "none" }

// symbol reads a character of a symbol font. The boxes that forms tick are known, others say nothing as text.
func symbol(font, char string) string {
	n, err := strconv.ParseUint(char, 16, 32)
	if err != nil {
		return ""
	}
	n &= 0xfff
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

// checkBox reads a box of the old form fields; its element was opened.
func checkBox(t *tokens) string {
	ticked := false
	whole := t.inside(func(tok xml.Token) {
		if e, ok := tok.(xml.StartElement); ok && (e.Name.Local == "default" || e.Name.Local == "checked") {
			ticked = on(attr(e, "val"))
		}
	})
	switch {
	case !whole:
		return ""
	case ticked:
		return "[x]"
	}
	return "[ ]"
}

// chosen reads the entry of a drop-down list of the old form fields; its element was opened.
func chosen(t *tokens) string {
	result := 0
	var entries []string
	whole := t.inside(func(tok xml.Token) {
		e, ok := tok.(xml.StartElement)
		switch {
		case !ok:
		case e.Name.Local == "default", e.Name.Local == "result":
			result, _ = strconv.Atoi(attr(e, "val"))
		case e.Name.Local == "listEntry" && len(entries) < 1000:
			entries = append(entries, attr(e, "val"))
		}
	})
	if whole && result >= 0 && result < len(entries) {
		return entries[result]
	}
	return ""
}
