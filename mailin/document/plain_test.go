package document

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

func TestSniff(t *testing.T) {
	t.Parallel()
	const prose = "Dear colleague,\n\nwe billed 31267 with 31276, and the payer denied it.\nWhat now?\n"
	wide := func(s string, b []byte, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	utf16le, err := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().Bytes([]byte(prose))
	le := wide(prose, utf16le, err)
	utf16be, err := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(prose))
	be := wide(prose, utf16be, err)
	four, err := utf32.UTF32(utf32.LittleEndian, utf32.UseBOM).NewEncoder().Bytes([]byte(prose))
	quad := wide(prose, four, err)
	ole := "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600)
	tests := map[string]struct {
		content string
		hint    Hint
		want    Kind
	}{
		"PDF":              {"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", Hint{}, PDF},
		"PDFAfterJunk":     {"\x00\x01\x02" + strings.Repeat("\x00", 500) + "%PDF-1.4\n", Hint{}, PDF},
		"PDFAfterSpace":    {"\r\n%PDF-1.4\n1 0 obj", Hint{}, PDF},
		"PDFAfterWords":    {"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.4\n1 0 obj\n<<>>\nendobj\n", Hint{}, PDF},
		"PDFByNameOnly":    {prose, Hint{Filename: "scan.pdf", ContentType: "application/pdf"}, Plain},
		"MailAboutPDF":     {prose + "The file begins with %PDF-1.4\n", Hint{}, Plain},
		"PNG":              {"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", Hint{}, Image},
		"JPEG":             {"\xff\xd8\xff\xe0\x00\x10JFIF", Hint{}, Image},
		"GIF":              {"GIF89a\x01\x00", Hint{}, Image},
		"TIFF":             {"II*\x00\x08\x00\x00\x00", Hint{}, Image},
		"TIFFOfMotorola":   {"MM\x00*\x00\x00\x00\x08", Hint{}, Image},
		"BMP":              {"BM\x36\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00", Hint{}, Image},
		"BMIInProse":       {"BMI 31 kg/m2, chronic sinusitis, see note", Hint{}, Plain},
		"WebP":             {"RIFF\x24\x00\x00\x00WEBPVP8 ", Hint{}, Image},
		"WAV":              {"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x44\xac\x00\x00", Hint{}, None},
		"HEIC":             {"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", Hint{}, Unreadable},
		"MP4":              {"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom\x00\x00\x00\x01mdat\x00\x01\x02\x03", Hint{}, None},
		"MP3":              {"ID3\x03\x00\x00\x00\x00\x0f\x76TIT2\x00\x00\x00\x01\x00\x00\x00\xff\xfb\x90\x00\x00\x00", Hint{}, None},
		"OldWord":          {ole, Hint{Filename: "note.docx"}, Unreadable},
		"DICOM":            {strings.Repeat("\x00", 128) + "DICM\x02\x00", Hint{}, Unreadable},
		"GZIP":             {"\x1f\x8b\x08\x00\x00\x00\x00\x00", Hint{}, Unreadable},
		"RTF":              {`{\rtf1\ansi x}`, Hint{}, RTF},
		"HTML":             {"\n<!DOCTYPE html><html><body>x</body></html>", Hint{}, HTML},
		"HTMLNamedXLS":     {"<table><tr><td>31297</td></tr></table>", Hint{Filename: "report.xls", ContentType: "application/vnd.ms-excel"}, HTML},
		"HTMLAfterComment": {"<!-- saved from url=(0014)about:internet -->\n<HTML><BODY>x", Hint{}, HTML},
		"XHTML":            {`<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x"><html xmlns="x"><body/></html>`, Hint{}, HTML},
		"SVG":              {`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>`, Hint{}, None},
		"XML":              {`<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"><title>x</title></ClinicalDocument>`, Hint{}, Plain},
		"LessThan":         {"<5 mm, see note\nmore\n", Hint{}, Plain},
		"Mail":             {"Received: from a.example by b.example; Sun, 1 Mar 2026 10:00:00 +0000\r\nFrom: a@example.com\r\nSubject: x\r\n\r\nbody", Hint{}, Mail},
		"MailOfOutlook":    {"From: a@example.com\r\nTo: b@example.com\r\nDate: Sun, 1 Mar 2026 10:00:00 +0000\r\nSubject: x\r\nX-Unsent: 1\r\n\r\nbody", Hint{}, Mail},
		"MailOfMbox":       {"From a@example.com Sun Mar  1 10:00:00 2026\nReturn-Path: <a@example.com>\nFrom: a@example.com\nSubject: x\n\nbody", Hint{}, Mail},
		"WebArchive":       {"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=\"x\"\r\n\r\n--x\r\n", Hint{}, Mail},
		"Fax":              {"From: Dr. Example\nReceived: 3/1/26\nDate: 3/1/26\nSubject: 31267\nTo: coding\n\nPlease\n", Hint{}, Plain},
		"Memo":             {"To: all coders\nFrom: the office\nSubject: 31297\n\nPlease note\n", Hint{}, Plain},
		"Note":             {"Procedure: 31267\nDate: 3/1/26\n\nText\n", Hint{}, Plain},
		"CSV":              {"cpt,date,units\n31297,3/1/26,1\n31288,3/1/26,1\n", Hint{}, CSV},
		"CSVSemicolons":    {"cpt;date;units\n31297;1.3.26;1\n31288;1.3.26;1\n", Hint{}, CSV},
		"CSVTabs":          {"cpt\tunits\n31297\t1\n31288\t1\n", Hint{}, CSV},
		"CSVQuoted":        {"cpt,text\n31297,\"a, b\nand c\"\n31288,\"x, y\"\n1,2\n3,4\n5,6\n", Hint{}, CSV},
		"CSVByHint":        {"31297,x\n", Hint{Filename: "codes.CSV"}, CSV},
		"Plain":            {prose, Hint{}, Plain},
		"UTF8Mark":         {"\xef\xbb\xbf" + prose, Hint{}, Plain},
		"UTF16":            {"\xff\xfe" + le, Hint{}, Plain},
		"UTF16WithoutMark": {le, Hint{}, Plain},
		"UTF16BigEndian":   {be, Hint{}, Plain},
		"UTF32":            {quad, Hint{}, Plain},
		"Latin1":           {"Pr\xe9c\xe9dure chirurgicale \xe0 droite\n", Hint{}, Plain},
		"Cyrillic1251":     {"\xcf\xf0\xe8\xe2\xe5\xf2, \xea\xee\xeb\xeb\xe5\xe3\xe0\n", Hint{}, Plain},
		"CutCharacter":     {strings.Repeat("x", SniffBytes-1) + "é", Hint{}, Plain},
		"X12":              {"ISA*00*          *00*          *ZZ*A              *ZZ*B              *260301*1200*^*00501*000000001*0*P*:~GS*HP*A*B~", Hint{}, Plain},
		"HL7":              {"MSH|^~\\&|A|B|C|D|20260301||ORU^R01|1|P|2.5\rPID|1\r", Hint{}, Plain},
		"VCard":            {"BEGIN:VCARD\r\nVERSION:3.0\r\nN:Somebody\r\nEND:VCARD\r\n", Hint{}, None},
		"Calendar":         {"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n", Hint{}, None},
		"Signature":        {"-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n", Hint{}, None},
		"PGP":              {"-----BEGIN PGP MESSAGE-----\n\nhQ==\n-----END PGP MESSAGE-----\n", Hint{}, Unreadable},
		"BinarySignature":  {"\x30\x82\x05\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x82\x04\xf1\x30\x82\x04\xed\x02\x01\x01", Hint{Filename: "smime.p7s"}, None},
		"Program":          {"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00\xb8\x00", Hint{Filename: "note.txt", ContentType: "text/plain"}, None},
		"Empty":            {"", Hint{}, None},
		"OnlySpace":        {" \r\n\t\r\n", Hint{}, None},
		"DOCX":             {string(docx(t, para("x"))), Hint{}, DOCX},
		"XLSX":             {string(xlsx(t, []string{""})), Hint{Filename: "a.zip"}, XLSX},
		"ODT":              {string(odf(t, "text", "")), Hint{}, ODT},
		"ODS":              {string(odf(t, "spreadsheet", "")), Hint{}, ODS},
		"ODP":              {string(odf(t, "presentation", "")), Hint{}, ODT},
		"ZIP":              {string(zipped(t, part{"a.txt", "x"})), Hint{Filename: "a.docx"}, ZIP},
		"EmptyZIP":         {"PK\x05\x06" + strings.Repeat("\x00", 18), Hint{}, ZIP},
		"ZIPOfWordFolder":  {string(zipped(t, part{"note/x.txt", "x"}, part{"word/document.xml", "x"})), Hint{}, ZIP},
		"BinaryWorkbook":   {string(zipped(t, part{"[Content_Types].xml", ""}, part{"xl/workbook.bin", "x"})), Hint{}, Unreadable},
		"PostScript":       {"%!PS-Adobe-3.0\n", Hint{}, Unreadable},
	}
	for name, test := range tests {
		if got := Sniff([]byte(test.content), test.hint); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	ole := func(streams ...string) string {
		s := string(oleMagic) + strings.Repeat("\x00", 300<<10)
		for _, name := range streams {
			s += string(utf16LE(name)) + strings.Repeat("\x00", 64)
		}
		return s
	}
	tests := map[string]struct{ content, want string }{
		"Encrypted":      {ole("EncryptionInfo", "EncryptedPackage"), "protected by a password"},
		"Word":           {ole("Root Entry", "WordDocument"), ".doc"},
		"Excel":          {ole("Workbook"), ".xls"},
		"OldExcel":       {ole("Book"), ".xls"},
		"ExcelOf95":      {"\x09\x08\x08\x00\x00\x05\x10\x00", ".xls"},
		"PowerPoint":     {ole("PowerPoint Document"), ".ppt"},
		"Outlook":        {ole("__nameid_version1.0", "__properties_version1.0", "WordDocument"), "forward the mail"},
		"Unknown":        {ole(), "old format"},
		"BinaryWorkbook": {string(zipped(t, part{"[Content_Types].xml", ""}, part{"xl/workbook.bin", "x"})), ".xlsb"},
		"Pages":          {string(zipped(t, part{"Index/Document.iwa", ""}, part{"preview.jpg", "x"})), "Pages"},
		"HEIC":           {"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "JPEG"},
	}
	for name, test := range tests {
		got := reading(t, []byte(test.content), Hint{}, Limits{})
		if got.what != Unreadable || len(got.problems) != 1 || !strings.Contains(got.problems[0], test.want) || got.all.Len() > 0 {
			t.Errorf("%s: %q %q", name, got.what, got.problems)
		}
	}
	if got := reading(t, []byte("\x00\x01\x02\x03"), Hint{}, Limits{}); got.what != None || got.kinds != 1 || len(got.problems) != 1 {
		t.Errorf("nothing to read: %q %q", got.what, got.problems)
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	utf16le, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes([]byte("31267 – right\r\nend"))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ content, want string }{
		"UTF8":    {"\xef\xbb\xbf31267 – right\r\nend\r\n", "31267 – right\nend\n"},
		"UTF16":   {string(utf16le), "31267 – right\nend"},
		"Windows": {"31267 \x96 right\nend", "31267 – right\nend"},
		"X12":     {"ISA*00*          *00*          *ZZ*A              *ZZ*B              *260301*1200*^*00501*000000001*0*P*:~CLP*1*4*500~SVC*HC:31267*500*0~", "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260301*1200*^*00501*000000001*0*P*:~\nCLP*1*4*500~\nSVC*HC:31267*500*0~\n"},
		"Clinical": {`<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"><title>Operative Note</title><component><section><text><paragraph>Right <content styleCode="Bold">antrostomy</content>, 31267</paragraph>` +
			`<table><tbody><tr><td>31297</td><td>dilation</td></tr></tbody></table></text></section></component></ClinicalDocument>`, "Operative Note\nRight antrostomy, 31267\n31297\tdilation\n"},
		"FHIR":       {`<?xml version="1.0"?><Procedure xmlns="http://hl7.org/fhir"><code><coding><code value="31267"/></coding></code><text><div xmlns="x">Right <b>antrostomy</b></div></text></Procedure>`, "code: 31267\nRight antrostomy\n"},
		"Attributes": {`<?xml version="1.0"?><claim><line cpt="31267"/></claim>`, `<?xml version="1.0"?><claim><line cpt="31267"/></claim>`},
		"Excel2003":  {`<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="x"><Styles><Style/></Styles><Worksheet ss:Name="A"><Table><Row><Cell><Data ss:Type="Number">31297</Data></Cell><Cell><Data ss:Type="String">dilation</Data></Cell></Row></Table></Worksheet></Workbook>`, "31297\tdilation\n"},
		"Word2003":   {`<?xml version="1.0"?><w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"><w:styles><w:style/></w:styles><w:body><w:p><w:r><w:t>312</w:t></w:r><w:r><w:t>97 right</w:t></w:r></w:p><w:p><w:r><w:t>next</w:t></w:r></w:p></w:body></w:wordDocument>`, "31297 right\nnext\n"},
		"HTML":       {"<html><head><meta charset=windows-1252><title>t</title></head><body><p>31267 \x96 right</p><table><tr><td>31297</td><td>dilation</td></tr></table><script>x()</script></body></html>", "31267 – right\n\n31297  dilation"},
	}
	for name, test := range tests {
		got := reading(t, []byte(test.content), Hint{}, Limits{})
		if text := got.all.String(); text != test.want && strings.TrimSpace(text) != test.want || len(got.problems) > 0 {
			t.Errorf("%s\n got %q %q\nwant %q", name, text, got.problems, test.want)
		}
	}
}

func TestCSV(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ content, want string }{
		"Commas":         {"cpt,text\r\n31297,\"sinus, dilation\"\r\n", "cpt\ttext\n31297\tsinus, dilation\n"},
		"Semicolons":     {"cpt;amount\n31297;1,5\n31288;2,5\n", "cpt\tamount\n31297\t1,5\n31288\t2,5\n"},
		"Pipes":          {"cpt|a, b\n31297|c, d\n31288|e\n", "cpt\ta, b\n31297\tc, d\n31288\te\n"},
		"QuotedLines":    {"a,b\n\"one\ntwo\t\"\"x\"\"\",c\nd,e\n", "a\tb\none two \"x\"\tc\nd\te\n"},
		"LostQuote":      {"a,b\n\"one,c\nd,e\n", "a\tb\none,c d,e\n"},
		"QuoteInText":    {"5\" screw,c\nd,e\nf,g\n", "5\" screw\tc\nd\te\nf\tg\n"},
		"Formula":        {"cpt,zip\n31297,=\"00123\"\n", "cpt\tzip\n31297\t00123\n"},
		"SeparatorLine":  {"sep=;\na;b,c\n", "a\tb,c\n"},
		"EmptyFields":    {",a,\n,,\nb,,c\n", "\ta\n\nb\t\tc\n"},
		"WindowsCharset": {"cpt,text\n31297,na\xefve\n", "cpt\ttext\n31297\tnaïve\n"},
	}
	for name, test := range tests {
		got := reading(t, []byte(test.content), Hint{Filename: "a.csv"}, Limits{})
		if got.what != CSV || got.all.String() != test.want {
			t.Errorf("%s: %s\n got %q %q\nwant %q", name, got.what, got.all.String(), got.problems, test.want)
		}
	}
	if got := reading(t, []byte("a,b\nc,d\n"), Hint{ContentType: "text/csv"}, Limits{Cells: 3}); got.all.String() != "a\tb\n" || len(got.problems) != 1 {
		t.Errorf("more cells than allowed: %q %q", got.all.String(), got.problems)
	}
}

func TestMailFile(t *testing.T) {
	t.Parallel()
	mail := strings.ReplaceAll(`Received: from a.example by b.example; Sun, 1 Mar 2026 10:00:00 +0000
From: Dana Example <dana@example.com>
To: coding@example.org
Date: Sun, 1 Mar 2026 10:00:00 +0000
Subject: =?utf-8?q?Denial_of_31267_=E2=80=93_right?=
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="x"

--x
Content-Type: text/plain

Is 31267 bundled?
--x
Content-Type: text/csv; name="codes.csv"
Content-Disposition: attachment; filename="codes.csv"

cpt,units
31297,1
--x
Content-Type: text/calendar
Content-Disposition: attachment; filename="a.ics"

BEGIN:VCALENDAR
END:VCALENDAR
--x
Content-Type: application/pdf
Content-Disposition: attachment; filename="a.pdf"

%PDF-1.4
--x--
`, "\n", "\r\n")
	got := reading(t, []byte(mail), Hint{}, Limits{})
	want := "From: Dana Example <dana@example.com>\nDate: 2026-03-01 10:00\nSubject: Denial of 31267 – right\n\nIs 31267 bundled?\ncpt\tunits\n31297\t1\ntext of a PDF\n"
	if got.what != Mail || got.all.String() != want || !slices.Equal(got.sectionNames(), []string{"file 1", "file 2, page 1"}) || len(got.problems) > 0 {
		t.Errorf("%s %q %q\n got %q\nwant %q", got.what, got.sectionNames(), got.problems, got.all.String(), want)
	}
}
