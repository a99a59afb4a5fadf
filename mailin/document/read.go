package document

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
)

// read reads a document: it looks at what it is and calls the reader of its kind. What is wrong with it becomes a
// sentence for a person. It returns when the document ends, a limit is met, or ctx is done.
func read(ctx context.Context, in input, out output, b *budget, more readers) {
	w := &watched{output: out}
	kind := None
	defer func() {
		if recover() != nil {
			out.problem(problemDamaged)
			return
		}
		// A picture without text is a logo as often, of which nobody needs to hear.
		if in.depth == 0 && kind != None && kind != Unreadable && kind != Image && !w.wrote && !w.told && ctx.Err() == nil {
			out.problem("No text could be found in this document. If it shows something, please send it as a PDF or write the question and the codes into the mail.")
		}
	}()
	kind = look(ctx, in, b)
	if in.depth == 0 {
		out.kind(kind)
	}
	if ctx.Err() != nil {
		return
	}
	var err error
	switch kind {
	case None:
		if in.depth == 0 {
			w.problem("This file is of a kind that holds no text that can be read here: please send it as a PDF, Word or text file.")
		}
	case Unreadable:
		w.problem(unreadable(in))
	case PDF:
		more.pdf(ctx, in, w, b)
	case Image:
		more.image(ctx, in, w, b)
	case DOCX:
		err = readDOCX(ctx, in, w, b, more)
	case XLSX:
		err = readXLSX(ctx, in, w, b, more)
	case PPTX:
		err = readPPTX(ctx, in, w, b, more)
	case ODT, ODS:
		err = readODF(ctx, in, w, b, more)
	case RTF:
		err = readRTF(ctx, in, w, b)
	case CSV:
		err = readCSV(ctx, in, w, b)
	case Plain:
		err = readPlain(ctx, in, w, b)
	case HTML:
		err = readHTML(ctx, in, w, b)
	case Mail:
		err = readMail(ctx, in, w, b, more)
	case ZIP:
		err = readArchive(ctx, in, w, b, more)
	}
	if err != nil && ctx.Err() == nil {
		w.problem(sentence(kind, err))
	}
}

// watched remembers whether anything came out.
type watched struct {
	output
	wrote, told bool
}

func (w *watched) text(s string) bool {
	w.wrote = w.wrote || strings.TrimSpace(s) != ""
	return w.output.text(s)
}

func (w *watched) problem(sentence string) {
	w.told = true
	w.output.problem(sentence)
}

const (
	problemDamaged  = "This document is damaged in a way that it cannot be read: please send it again, as a PDF if possible."
	problemOldExcel = "This is an Excel workbook of the old .xls format, which cannot be read here: please save it as .xlsx or CSV and send that."
	problemCells    = "Only the beginning of this spreadsheet was read, because it has too many cells: please send the rows that the question is about."
)

// look says what a document is, by all of it where the beginning does not settle it.
func look(ctx context.Context, in input, b *budget) Kind {
	head := make([]byte, min(in.size, SniffBytes))
	n, _ := in.content.ReadAt(head, 0)
	kind := Sniff(head[:n], in.hint)
	if kind == ZIP {
		return packKind(ctx, in, b)
	}
	return kind
}

// names of the kinds within sentences.
var kindNames = map[Kind]string{DOCX: "Word file", XLSX: "Excel file", PPTX: "presentation", ODT: "OpenDocument file", ODS: "spreadsheet", RTF: "RTF file", CSV: "CSV file",
	Plain: "text file", HTML: "web page", Mail: "attached mail", ZIP: "ZIP file", PDF: "PDF file", Image: "picture"}

// sentence tells a person what an error means and what to send instead.
func sentence(kind Kind, err error) string {
	name := kindNames[kind]
	if name == "" {
		name = "file"
	}
	switch {
	case errors.Is(err, errLocked):
		return "This " + name + " is protected by a password: please send it without one, or as a PDF."
	case errors.Is(err, errBomb):
		return "This " + name + " unpacks to far more than it seems to hold, which only harmful files do; it was not read further. Please send what matters as a PDF."
	case errors.Is(err, errExpanded):
		return "This " + name + " is too large when unpacked; only a part was read. Please send the pages that the question is about as a PDF."
	case errors.Is(err, errMethod):
		return "This " + name + " is packed in a way that cannot be read here: please send it again as an ordinary ZIP file, or as a PDF."
	case errors.Is(err, errManyDirs):
		return "This " + name + " lists far too many entries and was not read: please send only the files that the question is about."
	case errors.Is(err, errHugeToken):
		return "This " + name + " is built in a way that cannot be read safely: please send it as a PDF."
	}
	return "This " + name + " is damaged; what could be read of it is shown. Please send it again, as a PDF if possible."
}

// oleNames are streams of compound files by which the program that wrote them is known, and what to ask for.
var oleNames = []struct{ stream, sentence string }{
	{"EncryptedPackage", "This document is protected by a password: please send it without one, or as a PDF."},
	{"DataSpaces", "This document is protected by rights management and cannot be read here: please send it unprotected, or as a PDF."},
	{"__properties_version1.0", "This is a mail saved by Outlook as .msg, which cannot be read here: please forward the mail itself, or save it as a PDF."},
	{"WordDocument", "This is a Word document of the old .doc format, which cannot be read here: please save it as .docx or PDF and send that."},
	{"Workbook", problemOldExcel},
	{"Book", problemOldExcel},
	{"PowerPoint Document", "This is a presentation of the old .ppt format, which cannot be read here: please save it as .pptx or PDF and send that."},
}

// unreadable says what a document is that cannot be read, and what to send instead.
func unreadable(in input) string {
	head := make([]byte, min(in.size, SniffBytes))
	n, _ := in.content.ReadAt(head, 0)
	head = head[:n]
	if !bytes.HasPrefix(head, oleMagic) {
		if s := unreadableHead(head); s != "" {
			return s
		}
		return unreadablePack(in)
	}
	found := len(oleNames)
	buf := make([]byte, 256<<10)
	const overlap = 64
	for at := int64(0); at < in.size; at += int64(len(buf) - overlap) {
		n, _ := in.content.ReadAt(buf, at)
		for i, o := range oleNames[:found] {
			// A directory entry begins with the name in UTF-16 and its end (MS-CFB 2.6.1).
			if bytes.Contains(buf[:n], utf16LE(o.stream+"\x00")) {
				found = i
				break
			}
		}
		if found == 0 {
			break
		}
	}
	if found < len(oleNames) {
		return oleNames[found].sentence
	}
	return "This is a document of an old format that cannot be read here: please save it as a PDF and send that."
}

func utf16LE(s string) []byte {
	b := make([]byte, 0, 2*len(s))
	for i := 0; i < len(s); i++ {
		b = append(b, s[i], 0)
	}
	return b
}

// patient reads content from its beginning, as long as ctx lasts.
type patient struct {
	ctx context.Context
	r   io.Reader
}

func (p patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.r.Read(b[:min(len(b), 256<<10)])
}

// stream reads a document from its beginning.
func (in input) stream(ctx context.Context) io.Reader {
	return patient{ctx, io.NewSectionReader(in.content, 0, in.size)}
}

// bytes reads all of a document. Its size is bounded by Limits.Bytes.
func (in input) bytes(ctx context.Context) ([]byte, error) {
	b := make([]byte, 0, in.size)
	buf := bytes.NewBuffer(b)
	_, err := buf.ReadFrom(in.stream(ctx))
	return buf.Bytes(), err
}

// within is the output of a document inside another one: its sections and problems name the file that it is, and files
// within files as "file 2.1".
type within struct {
	output
	name  string // "file 3"
	begun bool
}

func (w *within) kind(Kind) {}

func (w *within) section(name string) {
	w.begun = true
	if rest, ok := strings.CutPrefix(name, "file "); ok {
		w.output.section(w.name + "." + rest)
		return
	}
	w.output.section(w.name + ", " + name)
}

func (w *within) begin() {
	if !w.begun {
		w.begun = true
		w.output.section(w.name)
	}
}

func (w *within) text(s string) bool {
	if s != "" {
		w.begin()
	}
	return w.output.text(s)
}

func (w *within) recognised() {
	w.begin()
	w.output.recognised()
}

func (w *within) problem(sentence string) {
	name := "F" + strings.TrimPrefix(w.name, "f")
	if rest, ok := strings.CutPrefix(sentence, "File "); ok && rest != "" && rest[0] >= '0' && rest[0] <= '9' {
		w.output.problem(name + "." + rest)
		return
	}
	w.output.problem(name + ": " + sentence)
}
