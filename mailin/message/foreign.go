package message

import (
	"bytes"
	"strings"
)

// DecodeText turns the bytes of a text that is not part of a mail into UTF-8 with LF line ends, without NUL and other
// controls but tab. label is the charset that somebody claims, "" when nobody does: then a byte order mark, the bytes
// themselves and the validity as UTF-8 decide, and windows-1252 is what is left.
func DecodeText(b []byte, label string) string {
	text, _ := toUTF8(wholeUnits(b), label)
	return tidyText(strings.TrimPrefix(text, "\ufeff"))
}

// HTMLText renders an HTML page as a reader sees it, like the HTML body of a mail. label is the charset that somebody
// claims, "" when nobody does: then the page is asked itself.
func HTMLText(page []byte, label string) string {
	if label == "" {
		label = metaCharset(page)
		if strings.HasPrefix(strings.ToLower(label), "utf-16") {
			label = "" // a page whose "charset=" can be read is in no such encoding
		}
	}
	source, _ := toUTF8(wholeUnits(page), label)
	source = strings.TrimPrefix(strings.ReplaceAll(strings.ToValidUTF8(source, "\uFFFD"), "\x00", ""), "\ufeff")
	text := htmlText(source).text
	if strings.TrimSpace(text) == "" {
		text = sourceText(source)
	}
	return text
}

// wholeUnits cuts what is left of a character off the end of UTF-16 and UTF-32: files break off anywhere.
func wholeUnits(b []byte) []byte {
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(b, []byte("\x00\x00\xfe\xff")):
		return b[:len(b)&^3]
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")):
		return b[:len(b)&^1]
	}
	return b
}
