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
		"DataTable": {html: `<table><tr><th>Code</th><th>Description</th><th>Amount</th></tr><tr><td><p>31297</p></td><td><p>Dilation<br>of the</p><p>sinus</p></td><td>$1,200<br></td></tr><tr><td>31288<td>x<td>y</table>z`,
			text: "Code  Description  Amount\n31297  Dilation of the sinus  $1,200\n31288  x  y\n\nz"},
		"LayoutTable": {html: `<table><tr><td><p>One.</p><p>Two.</p></td></tr><tr><td>Three.</td></tr></table>Four.`, text: "One.\n\nTwo.\n\nThree.\n\nFour."},
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
		"HiddenByClass": {html: `<style><!-- .ph, td.hide {display:none !important} #x{ visibility: hidden } .m{display:none} .m{display:block} @media print{.desk{display:none}} .a .b{display:none} --></style>` +
			`<div class="ph">preview</div><p id=x>no</p><table><tr><td class="hide big">no</td><td class=desk>Is 99213 ok?</td></tr></table><p class=m>Yes.</p><p class=b>And this.</p>`, text: "Is 99213 ok?\n\nYes.\n\nAnd this."},
		"HiddenBoxes":  {html: `<div style="height:0;overflow:hidden">a</div><p style="position:absolute;left:-9999px">b</p><span style="font-size:1px;color:#fff">c</span><i style="opacity:0">d</i><p style="opacity:0.5">Is 99213 ok?</p>`, text: "Is 99213 ok?"},
		"ListTypes":    {html: `<ol type=a start=3><li>x<li value=7>y<ol type=I><li>z</ol></ol><ul><li>p<ul><li>q</ul></ul>`, text: "c. x\ng. y\n  I. z\n\n- p\n  - q"},
		"WordIslands":  {html: `<xml><w:View>Normal</w:View></xml><p>Is 99213 ok?</p>`, text: "Is 99213 ok?"},
		"IslandNoEnd":  {html: `<xml><p>Is 99213 ok?</p>`, text: "Is 99213 ok?"},
		"PreByStyle":   {html: "<p style=\"white-space: pre-wrap\">99213  25\n20610  RT</p><xmp><b>x</b></xmp>", text: "99213  25\n20610  RT\n\n<b>x</b>"},
		"EndOfBreak":   {html: `99213</br>20610`, text: "99213\n20610"},
		"CodesNotCut":  {html: "31&#8203;297 M54&shy;.50 99&zwj;213 20\u200e610 31297&#8209;50 9921&#8288;3", text: "31297 M54.50 99213 20610 31297-50 99213"},
		"Fields":       {html: `<form>Code: <input value="99213"> <input type=hidden value=no> <input type=checkbox checked> Medicare <input type=checkbox> other</form>`, text: "Code: 99213 [x] Medicare [ ] other"},
		"Emoji":        {html: `<p>Thanks <img alt="😀" src=x> <img alt="Logo" src=y></p>`, text: "Thanks 😀"},
		"OnlyPictures": {html: `<p><img alt="scan of the note" src="cid:1"><img width=1 height=1 alt=t src=z></p>`, text: "[Picture: scan of the note]"},
		"WrappedLinks": {html: `<a href="https://nam02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fpayer.example%2Flcd%3Fid%3D7%26utm_source%3Dx&data=05">LCD</a> ` +
			`<a href="https://urldefense.com/v3/__https://payer.example/lcd?id=33__;!!a!b$">two</a> <a href="https://urldefense.proofpoint.com/v2/url?u=https-3A__payer.example_a-2Db&d=D">three</a> ` +
			`<a href="https://payer.example/p?x=1&utm_campaign=y#top">four</a> <a href="https://click.example/` + strings.Repeat("x", 300) + `">five</a> <a href="https://www.payer.example/">payer.example</a>`,
			text: "LCD <https://payer.example/lcd?id=7> two <https://payer.example/lcd?id=33> three <https://payer.example/a-b> four <https://payer.example/p?x=1#top> five <https://click.example/...> payer.example"},
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
		"Blockquotes": "<blockquote>a", "Breaks": "a<br>", "Ends": "</p>", "Comments": "<!--", "Attributes": "<p a=b ",
		"Sheets": "<style>.a{display:none}</style>", "SheetOpen": "<style>@media{", "Islands": "<xml></xml>", "IslandsOpen": "<xml>", "Pictures": "<img alt=x>", "Items": "<ol type=i><li>", "Hidden": "<div style='height:0;overflow:hidden'>"} {
		growsLinearly(t, name, 50<<10, func(size int) string {
			return mail(append(head("Content-Type: text/html; charset=utf-8"), "")...) + strings.Repeat(piece, size/len(piece))
		})
	}
}
