package rtf_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"caseconsultant/mailin/message"
	"caseconsultant/mailin/rtf"
)

// orderly is a page that holds what is promised to pages.
type orderly struct {
	testing.TB
	told
	row, cell, aside bool
}

func (o *orderly) must(is bool, what string) {
	if !is {
		o.Errorf("%s, behind %q", what, o.String())
	}
}

func (o *orderly) Text(s string) bool {
	o.must(s != "" && utf8.ValidString(s), "no text")
	o.must(o.aside || o.row == o.cell, "text between cells")
	return o.told.Text(s)
}

func (o *orderly) BeginRow() {
	o.must(!o.row && !o.aside, "a row begins")
	o.row = true
	o.told.BeginRow()
}

func (o *orderly) BeginCell() {
	o.must(o.row && !o.cell && !o.aside, "a cell begins")
	o.cell = true
	o.told.BeginCell()
}

func (o *orderly) EndCell() {
	o.must(o.cell && !o.aside, "a cell ends")
	o.cell = false
	o.told.EndCell()
}

func (o *orderly) EndRow() {
	o.must(o.row && !o.cell && !o.aside, "a row ends")
	o.row = false
	o.told.EndRow()
}

func (o *orderly) BeginAside() {
	o.must(!o.aside, "a piece begins")
	o.aside = true
	o.told.BeginAside()
}

func (o *orderly) EndAside(kind rtf.Aside) {
	o.must(o.aside && kind >= rtf.Note && kind <= rtf.Footer, "a piece ends")
	o.aside = false
	o.told.EndAside(kind)
}

// Any bytes are told in good order and no longer than they are, the same from memory and from a stream in whatever pieces.
func FuzzRead(f *testing.F) {
	for _, test := range bodies {
		f.Add([]byte(head + test.body + "}"))
	}
	for _, test := range wrapped {
		f.Add([]byte(`{\rtf1\fromhtml1 ` + test.body + "}"))
	}
	f.Add([]byte(head + strings.Repeat(`{\b 31267} na\'efve \u8211?\par\trowd\cellx1 31297\cell dilation\cell\row`, 50) + "}"))
	f.Add([]byte(`{\rtf1\ansi\fromhtml1{\*\htmltag64 <p>}x\htmlrtf \par\htmlrtf0 }`))
	f.Add([]byte(`{\rtf1{\footnote x{\*\annotation y}}\u-10179?\u-8704?{\pict\bin3 }}}}`))
	f.Add([]byte(`{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss\fcharset0 Arial;}{\f1\fcharset204 Arial Cyr;}}\pard\f0\fs20 Zo\'eb \endash  \u8364?5, {\f1 \'e4\'e0}\par{\pict\wmetafile8 0100}\trowd 99213\cell 25\cell\row}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		p := &orderly{TB: t}
		opts := rtf.Options{Decode: message.PageText}
		markup, err := rtf.ReadBytes(content, p, opts)
		p.must(!p.row && !p.cell && !p.aside, "something stays open")
		if !utf8.ValidString(markup) || len(markup) > 6*len(content) || markup != "" && p.Len() > 0 {
			t.Errorf("markup %q", markup)
		}
		if p.Len() > 8*len(content)+8 {
			t.Errorf("%d bytes told %d", len(content), p.Len())
		}
		if len(content) > 8<<10 {
			return
		}
		again := &orderly{TB: t}
		if m, e := rtf.Read(iotest.OneByteReader(bytes.NewReader(content)), again, opts); m != markup || e != err || again.String() != p.String() { //nolint:errorlint // the very same
			t.Errorf("from a stream %q %q %v\nfrom memory %q %q %v", again.String(), m, e, p.String(), markup, err)
		}
	})
}

// BenchmarkRead says what each kind of document costs for each byte.
func BenchmarkRead(b *testing.B) {
	for name, content := range map[string]string{
		"Text":    head + strings.Repeat(`{\b 31267} na\'efve \u8211?  Can it be billed on the same day?\par\f1\fs20 \'e4\'e0\f0\par\trowd 31297\cell dilation\cell\row`, 1000) + "}",
		"HTML":    `{\rtf1\fromhtml1 ` + strings.Repeat(`{\*\htmltag64 <p class=MsoNormal>}\htmlrtf {\pard\plain\htmlrtf0 Can \htmlrtf {\b \htmlrtf0 {\*\htmltag84 <b>}31297{\*\htmltag92 </b>}\htmlrtf }\htmlrtf0  be billed?\htmlrtf\par}\htmlrtf0 {\*\htmltag72 </p>}`, 1000) + "}",
		"Groups":  `{\rtf1 ` + strings.Repeat("{", 100_000),
		"Words":   `{\rtf1 ` + strings.Repeat(`\f1\'e9`, 20_000),
		"Picture": `{\rtf1{\pict ` + strings.Repeat("89504e470d0a1a0a", 10_000) + "}}",
		"Amps":    `{\rtf1\fromhtml1 ` + strings.Repeat("&", 100_000),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(content)))
			b.ReportAllocs()
			for b.Loop() {
				_, _ = rtf.Read(strings.NewReader(content), &told{}, rtf.Options{Decode: message.PageText})
			}
		})
	}
}
