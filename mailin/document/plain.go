package document

import (
	"context"
	"encoding/xml"
	"strings"

	"caseconsultant/mailin/message"
)

// readPlain reads a text in whatever charset it is in.
func readPlain(ctx context.Context, in input, out output, b *budget) error {
	raw, err := in.bytes(ctx)
	if err != nil {
		return err
	}
	text := message.DecodeText(raw, "")
	if begin := strings.TrimLeft(text[:min(len(text), 4096)], " \t\n"); isXML(begin) {
		if wrote, err := readXML(ctx, in, out, b); wrote || err != nil {
			return err
		}
		// All of it stands in attributes: the source says more than nothing.
	}
	// X12 has no line ends of its own: a segment a line is what people read (the separator is the character after the
	// 105th of ISA).
	if strings.HasPrefix(text, "ISA*") && len(text) > 106 && strings.IndexByte(text[:106], '\n') < 0 {
		if end := text[105:106]; end != "\n" && strings.Contains(text[106:], end) {
			text = strings.ReplaceAll(text, end+"\n", end)
			text = strings.ReplaceAll(text, end, end+"\n")
		}
	}
	pass(ctx, text, out)
	return nil
}

// pass hands on a text in pieces, so that what is read of it arrives although the time may end.
func pass(ctx context.Context, text string, out output) {
	for text != "" && ctx.Err() == nil {
		piece := truncate(text, handOnBytes)
		if !out.text(piece) {
			return
		}
		text = text[len(piece):]
	}
}

// readHTML reads a web page.
func readHTML(ctx context.Context, in input, out output, b *budget) error {
	raw, err := in.bytes(ctx)
	if err != nil {
		return err
	}
	pass(ctx, message.HTMLText(raw, ""), out)
	return nil
}

func isXML(begin string) bool {
	if strings.HasPrefix(begin, "<?xml") {
		return true
	}
	return strings.HasPrefix(begin, "<") && strings.Contains(begin, "xmlns")
}

// readXML reads what stands between the tags of XML of any vocabulary: clinical documents (C-CDA), Word and Excel of 2003.
// Cells stand on one line, other elements that hold text begin a line; what only marks words up does not. FHIR has its
// values in attributes.
func readXML(ctx context.Context, in input, out output, b *budget) (wrote bool, err error) {
	t := newTokens(in.stream(ctx))
	p := newProse(out, b)
	fhir := false
	for tok := t.next(); tok != nil && !p.full; tok = t.next() {
		switch tok := tok.(type) {
		case xml.StartElement:
			fhir = fhir || attr(tok, "xmlns") == "http://hl7.org/fhir"
			if value := attr(tok, "value"); fhir && value != "" {
				p.breakLine()
				p.write(tok.Name.Local + ": " + value)
				p.endLine()
			}
			switch name := strings.ToLower(tok.Name.Local); name {
			case "style", "styles", "script", "bindata", "instrtext", "observationmedia", "documentproperties":
				t.skip()
			case "tr", "row":
				p.openRow()
			case "td", "th", "cell", "tc":
				p.openCell()
			case "br", "cr":
				p.breakLine()
			case "tab":
				p.tab()
			default:
				if !inlineXML[name] {
					p.breakLine()
				}
			}
		case xml.EndElement:
			switch name := strings.ToLower(tok.Name.Local); name {
			case "tr", "row":
				p.closeRow()
			case "td", "th", "cell", "tc":
				p.closeCell()
			case "given", "family", "prefix", "suffix": // of a person's name
				p.words(" ")
			default:
				if !inlineXML[name] {
					p.breakLine()
				}
			}
		case xml.CharData:
			p.words(string(tok))
		}
	}
	p.done()
	return p.wrote, t.err
}

var inlineXML = map[string]bool{"content": true, "b": true, "i": true, "u": true, "em": true, "strong": true, "sub": true, "sup": true, "linkhtml": true, "a": true, "span": true,
	"footnoteref": true, "r": true, "t": true, "rpr": true, "font": true, "data": true, "prooferr": true, "rfonts": true, "sz": true, "lang": true, "given": true, "family": true, "prefix": true, "suffix": true}
