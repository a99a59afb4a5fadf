package message

import (
	"strconv"
	"unicode/utf8"
)

// PageText reads bytes of a Windows or DOS code page, as RTF and the properties of Outlook have them. Where the page is not known, or the bytes
// cannot be in it, they are read as what they look like. The text is valid UTF-8, for any bytes.
func PageText(b []byte, page int) string {
	// Most pieces are a letter or two of the page of western Windows: too short for a mark, for UTF-8, or for a guess at another one.
	if page == 1252 && !utf8.Valid(b) && b[0] != 0 && b[0] < 0xfe && multibyteRunes(b) < surelyOther {
		return decode1252(b)
	}
	text, _ := toUTF8(b, codepageLabel(page))
	return text
}

// codepageLabel is the charset of a Windows code page; "" if it is not known.
func codepageLabel(cp int) string {
	switch cp {
	case 65001:
		return "utf-8"
	case 65000:
		return "utf-7"
	case 1200:
		return "utf-16le"
	case 1201:
		return "utf-16be"
	case 20127:
		return "us-ascii"
	case 932, 936, 949, 950, 437, 850, 852, 855, 858, 860, 862, 863, 865, 866, 874:
		return "cp" + strconv.Itoa(cp)
	case 54936, 52936:
		return "gb18030"
	case 10000:
		return "macintosh"
	case 10007:
		return "x-mac-cyrillic"
	case 20866:
		return "koi8-r"
	case 21866:
		return "koi8-u"
	case 50220, 50221, 50222:
		return "iso-2022-jp"
	case 51932, 20932:
		return "euc-jp"
	case 51949:
		return "euc-kr"
	}
	switch {
	case cp >= 1250 && cp <= 1258:
		return "windows-" + strconv.Itoa(cp)
	case cp >= 28591 && cp <= 28606:
		return "iso-8859-" + strconv.Itoa(cp-28590)
	}
	return ""
}
