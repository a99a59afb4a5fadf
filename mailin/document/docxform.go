package document

import (
	"encoding/xml"
	"strconv"

	"caseconsultant/mailin/rtf"
)

// on reads an on/off value, whose absence means on (ECMA-376-1, 17.17.4).
func on(val string) bool { return val != "0" && val != "false" && val != "off" && val != "none" }

// symbol reads a character of a symbol font, whose number is hexadecimal.
func symbol(font, char string) string {
	n, err := strconv.ParseUint(char, 16, 32)
	if err != nil {
		return ""
	}
	return rtf.Symbol(font, uint32(n))
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
