package message_test

import (
	"strings"
	"testing"
)

// What a reader sees of HTML as mail programs write it.
func TestHTMLAsText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ html, text string }{
		"OutlookTable": {html: `<table><tr><td><p class=MsoNormal>31297<o:p></o:p></p></td><td><p class=MsoNormal>50<o:p></o:p></p></td></tr>` +
			`<tr><td><p>31288</p></td><td><div>RT</div></td></tr></table><p>ok?</p>`, text: "31297  50\n31288  RT\n\nok?"},
		"RowsNeverClosed": {html: `<table>` + strings.Repeat(`<tr><td>a<td>b`, 300) + `</table><p>one</p><p>two</p>`, text: strings.Repeat("a  b\n", 300) + "\none\n\ntwo"},
		"EmptyCells":      {html: `<table><tr><td></td><td>31297</td><td></td><td>RT</td></tr><tr><td>1</td><td><br></td><td>2</td></tr></table>`, text: "31297  RT\n1  2"},
		"CellOfLines":     {html: `<table><tr><td>Codes</td><td>99213<br>20610</td><td>x</td></tr><tr><td>a</td><td>b</td></tr></table>`, text: "Codes  99213\n20610\nx\na  b"},
		"LayoutTable":     {html: `<table><tr><td><p>One.</p><p>Two.</p></td></tr><tr><td>Three.</td></tr></table>Four.`, text: "One.\n\nTwo.\n\nThree.\n\nFour."},
		"ItemsOfParagraphs": {html: `<ol start=3><li><p>one</p></li><li><p>two</p><ul><li>x</li><li>y</li></ul></li></ol><p>end</p>`,
			text: "3. one\n4. two\n\n  - x\n  - y\n\nend"},
		"FrameworkFontSize": {html: `<table><tr><td style="font-size:0px;padding:10px"><div style="font-size: 14px">Is 99213 ok?</div></td></tr></table>`, text: "Is 99213 ok?"},
		"HiddenFontSize":    {html: `<div style="font-size:0">tracking</div>Is 99213 ok?`, text: "Is 99213 ok?"},
		"NotForOutlook":     {html: `<!--[if mso]><p>no</p><![endif]--><p style="mso-hide:all">Is 99213 ok?</p>`, text: "Is 99213 ok?"},
		"OwnTags":           {html: strings.Repeat("<o:p>", 300) + `<p>one</p><p>two</p>`, text: "one\n\ntwo"},
		"NestedDeep":        {html: strings.Repeat("<div>", 300) + `<p>one</p><p>two</p>`, text: "one\n\ntwo"},
		"LongToken":         {html: `<p>one</p><img src="data:image/png;base64,` + strings.Repeat("A", 2<<20) + `"><p>two</p>`, text: "one\n\ntwo"},
		"Pre":               {html: "<pre>x\n  y <b>b</b> z\n\nw</pre>after", text: "x\n  y b z\n\nw\n\nafter"},
		"Quote":             {html: `<p>a</p><blockquote><p>b</p><p>c</p><blockquote>d</blockquote>e</blockquote><p>f</p>`, text: "a\n\n> b\n>\n> c\n>\n>> d\n>\n> e\n\nf"},
		"Indentation":       {html: `<div>Codes:</div><blockquote style="margin:0 0 0 40px;border:none;padding:0px"><div>99213</div><div>20610</div></blockquote>`, text: "Codes:\n\n99213\n20610"},
		"Links": {html: `<a href="https://x.example/a">https://x.example/a</a> <a href="mailto:a@b.example">mail</a> <a href="https://x.example/b"><img src=x></a> <a href="https://y.example">y</a>`,
			text: "https://x.example/a mail y <https://y.example>"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := parse(t, mail(append(head("Content-Type: text/html; charset=utf-8"), "", c.html)...))
			if got := strings.TrimSpace(m.Text); got != c.text {
				t.Errorf("text\n%s\nwant\n%s", got, c.text)
			}
		})
	}
}

// A control character in the text does not cost the marks of the mail program.
func TestMarksSurviveControlCharacters(t *testing.T) {
	t.Parallel()
	m := parse(t, mail(append(head("Content-Type: text/html; charset=utf-8"), "", `<div>Left.&#1;</div><div class="gmail_quote">Which side?</div>`)...))
	if m.Reply != "Left." || m.Quoted != "Which side?" {
		t.Errorf("reply %q, quoted %q", m.Reply, m.Quoted)
	}
}

// Whatever is repeated, the time a mail takes grows with its size alone.
func TestHostileHTMLIsReadInLinearTime(t *testing.T) {
	for name, piece := range map[string]string{"Quotes": "<p class=gmail_quote>a", "Links": "<a href=http://x.example>a", "Cells": "<td>a", "Rows": "<tr><td>a", "Lists": "<ol><li>a",
		"Blockquotes": "<blockquote>a", "Breaks": "a<br>", "Ends": "</p>", "Comments": "<!--", "Attributes": "<p a=b "} {
		growsLinearly(t, name, 50<<10, func(size int) string {
			return mail(append(head("Content-Type: text/html; charset=utf-8"), "")...) + strings.Repeat(piece, size/len(piece))
		})
	}
}
