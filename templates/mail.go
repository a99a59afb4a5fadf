package templates

import (
	"bytes"
	"embed"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"path"
	"slices"
	"strings"
	texttemplate "text/template"
)

//go:embed mail/*.txt mail/*.html
var mailFiles embed.FS

// Mail is the parsed mail templates. Immutable, safe for concurrent use.
type Mail struct {
	text map[string]*texttemplate.Template
	html map[string]*htmltemplate.Template
}

// MailNames are the letters that must exist, each as NAME.txt and NAME.html. What
// they need beside them (parts.txt, parts.html, page.html) is shared by all.
func MailNames() []string {
	return []string{"acknowledgement", "answer", "ask_back", "notice", "summary"}
}

// ParseMail parses the embedded mail templates. An error is a fault of the build:
// the program must not start.
func ParseMail() (*Mail, error) {
	files, err := fs.Sub(mailFiles, "mail")
	if err != nil {
		return nil, fmt.Errorf("mail templates: %w", err)
	}
	return ParseMailFS(files)
}

// ParseMailFS parses mail templates from a folder that has the same files as the
// embedded one: for a house with its own wording.
//
// The functions for text, all setting text in TextWidth columns:
//
//	para INDENT TEXT                 a paragraph
//	hang INDENT COLUMN LABEL TEXT    a paragraph with a label at its left
//	column INDENT MOST LABELS        where the second of two columns begins
//	prose TEXT                       a person's words, lines kept (in HTML: as HTML)
//	quote TEXT                       a quotation
//	join SEPARATOR TEXTS             several texts as one
//
// and in HTML outlook "open", outlook "close" around the column.
func ParseMailFS(files fs.FS) (*Mail, error) {
	shared := texttemplate.FuncMap{
		"column": labelColumn,
		"hang":   hang,
		"join":   func(separator string, texts []string) string { return strings.Join(texts, separator) },
		"para":   para,
		"prose":  prose,
		"quote":  quote,
	}
	m := &Mail{text: map[string]*texttemplate.Template{}, html: map[string]*htmltemplate.Template{}}
	for _, name := range MailNames() {
		text, err := texttemplate.New(name+".txt").Option("missingkey=error").Funcs(shared).
			ParseFS(files, "parts.txt", name+".txt")
		if err != nil {
			return nil, fmt.Errorf("mail templates: %w", err)
		}
		html, err := htmltemplate.New("page.html").Option("missingkey=error").
			Funcs(htmltemplate.FuncMap{"join": shared["join"], "outlook": outlook, "prose": proseHTML}).
			ParseFS(files, "page.html", "parts.html", name+".html")
		if err != nil {
			return nil, fmt.Errorf("mail templates: %w", err)
		}
		m.text[name], m.html[name] = text, html
	}
	return m, fileNames(files)
}

// fileNames refuses files that no letter uses: a misspelt name would be silent.
func fileNames(files fs.FS) error {
	known := []string{"page.html", "parts.html", "parts.txt"}
	for _, name := range MailNames() {
		known = append(known, name+".html", name+".txt")
	}
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return fmt.Errorf("mail templates: %w", err)
	}
	for _, entry := range entries {
		if ext := path.Ext(entry.Name()); (ext == ".txt" || ext == ".html") && !slices.Contains(known, entry.Name()) {
			return fmt.Errorf("mail templates: no letter uses the file %s; the letters are %s", entry.Name(), strings.Join(MailNames(), ", "))
		}
	}
	return nil
}

// Render makes the text and the HTML of one letter. Both are rendered whole
// before either is given out.
func (m *Mail) Render(name string, view any) (text, html string, err error) {
	if m.text[name] == nil {
		return "", "", fmt.Errorf("mail templates: there is no letter %q", name)
	}
	var b bytes.Buffer
	if err := m.text[name].Execute(&b, view); err != nil {
		return "", "", fmt.Errorf("mail templates: %w", err)
	}
	text = squeeze(b.String())
	b.Reset()
	if err := m.html[name].Execute(&b, view); err != nil {
		return "", "", fmt.Errorf("mail templates: %w", err)
	}
	return text, b.String(), nil
}

// outlook gives the conditional comments that hold the column together in Outlook
// for Windows, which knows no max-width; html/template drops comments as such.
func outlook(end string) htmltemplate.HTML {
	if end == "open" {
		return `<!--[if mso]><table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0"><tr><td><![endif]-->`
	}
	return `<!--[if mso]></td></tr></table><![endif]-->`
}
