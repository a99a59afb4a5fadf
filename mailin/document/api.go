package document

import (
	"context"
	"io"
	"time"
)

// Kind is what a document is, by its bytes.
type Kind string

// The kinds. Those above None are read; of Unreadable ones a person is told what to send instead.
const (
	PDF   Kind = "pdf"
	Image Kind = "image" // PNG, JPEG, TIFF, GIF, BMP, WebP: read by Tesseract where it is installed
	DOCX  Kind = "docx"
	XLSX  Kind = "xlsx"
	PPTX  Kind = "pptx"
	ODT   Kind = "odt" // OpenDocument text; spreadsheets and presentations too
	ODS   Kind = "ods"
	RTF   Kind = "rtf"
	CSV   Kind = "csv"
	Plain Kind = "text"
	HTML  Kind = "html"
	Mail  Kind = "mail" // a mail as a file
	ZIP   Kind = "zip"  // an archive of any of these

	None       Kind = ""           // nothing that holds text: a calendar entry, a signature, sound, a program
	Unreadable Kind = "unreadable" // a document of a kind that cannot be read here: old Word, encrypted
)

// Hint is what the mail says of an attachment. It decides only between readings that the bytes leave open (CSV or plain
// text).
type Hint struct {
	Filename    string
	ContentType string
	Inline      bool // the mail shows it within its text: a small picture is decoration then
}

// Limits bound what one document may cost. A zero field takes its default.
type Limits struct {
	Time     time.Duration // from its start to its last piece of text. Defaults to 20 s.
	Bytes    int64         // of the document. Defaults to 25 MiB.
	Text     int           // bytes of text. Defaults to 2 MiB.
	Pages    int           // of a PDF or a many-page image. Defaults to 200.
	Entries  int           // of an archive, those of archives within it included. Defaults to 1000.
	Expanded int64         // bytes that an archive's entries unpack to, together. Defaults to 256 MiB.
	Depth    int           // of archives and mails within each other. Defaults to 4.
	Cells    int           // of a spreadsheet. Defaults to 200,000.
	Memory   int64         // of the child process, data segments. Defaults to 1 GiB.
}

// Text is what could be read of a document.
type Text struct {
	Kind     Kind
	Text     string    // UTF-8 without NUL, LF line ends, at most Limits.Text bytes
	Sections []Section // where pages, sheets and files within begin, ascending; empty for a document of one piece
	// Recognised says that some of the text was read from a picture: digits may be wrong.
	Recognised bool
	// Problems are sentences for a person: what could not be read, why, and what to send instead. They hold no text of the
	// document and no file name.
	Problems []string
}

// Section is a named piece of a text: "page 3", "sheet 2", "file 4". The names are ours, never the document's.
type Section struct {
	Start int    // byte offset in Text
	Name  string // for a person
}

// Options are what a Reader is made of.
type Options struct {
	// Command is the program and the arguments that run Child. Defaults to this program with ChildArgument.
	Command   []string
	Tesseract string // path of the program; "" reads no pictures
	CacheDir  string // where compiled PDFium is kept between runs; "" compiles it for each PDF (some seconds)
	TempDir   string // for private folders of the children; defaults to the system's
	Limits    Limits
	// Children is how many run at once; more wait. Defaults to 2.
	Children int
}

// ChildArgument is the program's argument that makes it a child: the first thing that main looks at.
const ChildArgument = "document-child"

// seam kept small: what workflow and inspect call.
var _ interface {
	Read(ctx context.Context, content io.Reader, size int64, hint Hint) (Text, error)
} = (*Reader)(nil)
