package demo

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"caseconsultant/mailin/message"
)

//go:embed page/page.html page/page.css page/page.js
var pageFiles embed.FS

// Page is the mail page: all accounts of an office in one browser, to write as an asker and to read what an asker gets.
// There is no sign-in, since the office's passwords are printed anyway; it answers only to loopback names, and takes
// forms only from itself.
type Page struct {
	office  *Office
	options PageOptions
	tmpl    *template.Template
	mux     *http.ServeMux
}

// PageOptions of a Page.
type PageOptions struct {
	Firm    string // the consultancy's address, which questions go to
	DeskURL string // linked to; "" for none
}

// NewPage parses the page's template.
func NewPage(office *Office, options PageOptions) (*Page, error) {
	p := &Page{office: office, options: options, mux: http.NewServeMux()}
	var err error
	if p.tmpl, err = template.ParseFS(pageFiles, "page/page.html"); err != nil {
		return nil, fmt.Errorf("parse the mail page: %w", err)
	}
	p.mux.HandleFunc("GET /{$}", p.home)
	p.mux.HandleFunc("GET /inbox/{address}", p.inbox)
	p.mux.HandleFunc("GET /mail/{id}", p.mail)
	p.mux.HandleFunc("GET /mail/{id}/html", p.html)
	p.mux.HandleFunc("GET /mail/{id}/raw", p.raw)
	p.mux.HandleFunc("GET /write", p.write)
	p.mux.HandleFunc("POST /write", p.send)
	p.mux.HandleFunc("GET /changes", p.changes)
	for name, kind := range map[string]string{"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8"} {
		p.mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, _ *http.Request) {
			b, _ := pageFiles.ReadFile("page/" + name) // embedded, so it is there
			w.Header().Set("Content-Type", kind)
			_, _ = w.Write(b)
		})
	}
	return p, nil
}

// ServeHTTP implements http.Handler.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if !loopbackName(r.Host) {
		// A name of somebody else's that leads here is an attack on the reader's browser (DNS rebinding).
		http.Error(w, "The mail page answers only to 127.0.0.1 and localhost.", http.StatusForbidden)
		return
	}
	var forms http.CrossOriginProtection
	forms.Handler(p.mux).ServeHTTP(w, r)
}

func loopbackName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// pageView is what the template shows.
type pageView struct {
	Title    string
	Version  int64
	DeskURL  string
	Firm     string
	Accounts []accountView
	Account  string
	List     []rowView
	Mail     *mailView
	Write    *writeView
	Error    string
}

// Deepest names the region that a small screen shows.
func (v pageView) Deepest() string {
	if v.Mail != nil || v.Write != nil || v.Error != "" {
		return "reader"
	}
	return "list"
}

type accountView struct {
	Address string
	Mails   int
	Current bool
	Firm    bool
}

// Path is where the account's inbox is.
func (a accountView) Path() string { return "/inbox/" + url.PathEscape(a.Address) }

type rowView struct {
	ID            int64
	From, Subject string
	At            time.Time
	Sent          bool // by the account whose list it is
	Path          string
	Current       bool
}

// Clock is the time of day, for the list; of earlier days, the day.
func (r rowView) Clock() string {
	if r.At.YearDay() != time.Now().YearDay() {
		return r.At.Format("2 Jan")
	}
	return r.At.Format("15:04:05")
}

type mailView struct {
	rowView
	FromAddress, To string
	As              string // the sender, who looks at it
	Automatic       bool
	Show            string // html, text or raw
	HasHTML         bool
	Text            string
	Raw             string
	Attachments     []message.Attachment
	Problems        []string
}

// When is the full time.
func (m mailView) When() string { return m.At.Format("Mon 2 Jan 2006, 15:04:05") }

type writeView struct {
	As, Subject, Text string
	Answers           int64 // the id of the mail that it answers, 0 if none
}

func (p *Page) view(account string) pageView {
	version, _ := p.office.Changes()
	v := pageView{Title: "Mail", Version: version, DeskURL: p.options.DeskURL, Firm: p.options.Firm, Account: account}
	for _, address := range p.office.Accounts() {
		v.Accounts = append(v.Accounts, accountView{address, len(p.office.Inbox(address)), address == account, address == p.options.Firm})
	}
	// The firm's own mailbox stands below those of the askers.
	slices.SortStableFunc(v.Accounts, func(a, b accountView) int {
		switch {
		case a.Firm == b.Firm:
			return 0
		case a.Firm:
			return 1
		}
		return -1
	})
	if account != "" {
		v.List = p.list(account)
	}
	return v
}

// list is what an account has got and, of an asker, what it has asked, the newest first.
func (p *Page) list(account string) (list []rowView) {
	for _, m := range p.office.Inbox(account) {
		r := row(m)
		r.Path = fmt.Sprintf("/mail/%d", m.ID)
		list = append(list, r)
	}
	if account != p.options.Firm {
		for _, m := range p.office.Inbox(p.options.Firm) {
			if m.From != account {
				continue
			}
			r := row(m)
			r.Sent, r.Path = true, fmt.Sprintf("/mail/%d?as=%s", m.ID, url.QueryEscape(account))
			list = append(list, r)
		}
	}
	slices.SortStableFunc(list, func(a, b rowView) int { return b.At.Compare(a.At) })
	return list
}

// row reads only the header: a list shows many mails.
func row(m Mail) rowView {
	r := rowView{ID: m.ID, At: m.At}
	eachField(m.Raw, func(name string, field []byte) bool {
		switch name {
		case "from":
			r.From = decodeWords(fieldValue(field))
			if before, _, ok := strings.Cut(r.From, "<"); ok && strings.TrimSpace(before) != "" {
				r.From = strings.Trim(strings.TrimSpace(before), `"`)
			}
		case "subject":
			r.Subject = decodeWords(fieldValue(field))
		}
		return true
	})
	return r
}

func (p *Page) home(w http.ResponseWriter, r *http.Request) {
	// Where something has arrived last is what one wants to see.
	best, at := "", time.Time{}
	for _, address := range p.office.Accounts() {
		inbox := p.office.Inbox(address)
		if n := len(inbox); address != p.options.Firm && (best == "" || n > 0 && inbox[n-1].At.After(at)) {
			best = address
			if n > 0 {
				at = inbox[n-1].At
			}
		}
	}
	if best == "" {
		best = p.options.Firm
	}
	http.Redirect(w, r, accountView{Address: best}.Path(), http.StatusSeeOther)
}

func (p *Page) inbox(w http.ResponseWriter, r *http.Request) {
	address := r.PathValue("address")
	if p.office.account(address) == nil {
		p.fail(w, http.StatusNotFound, "There is no such mailbox. Writing a mail as an address makes one.")
		return
	}
	v := p.view(address)
	v.Title = address
	p.render(w, http.StatusOK, v)
}

func (p *Page) find(w http.ResponseWriter, r *http.Request) (Mail, bool) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	m, ok := p.office.Mail(id)
	if err != nil || !ok {
		p.fail(w, http.StatusNotFound, "This mail is not here any more. After a restart of the demo mails have new addresses: choose it from the list.")
		return m, false
	}
	return m, true
}

func (p *Page) mail(w http.ResponseWriter, r *http.Request) {
	m, ok := p.find(w, r)
	if !ok {
		return
	}
	account := m.Account
	if as := r.URL.Query().Get("as"); as != "" && as == m.From {
		account = as // the sender looks at it
	}
	v := p.view(account)
	for i := range v.List {
		v.List[i].Current = v.List[i].ID == m.ID
	}
	v.Mail = readMail(m, r.URL.Query().Get("show"))
	if v.Mail.Sent = account != m.Account; v.Mail.Sent {
		v.Mail.As = account
	}
	v.Title = v.Mail.Subject
	p.render(w, http.StatusOK, v)
}

// readMail reads a mail as the product does.
func readMail(m Mail, show string) *mailView {
	parsed, _ := message.Parse(bytes.NewReader(m.Raw), message.Options{}) // what was wrong with it stands in Problems
	v := &mailView{rowView: row(m), FromAddress: parsed.From.Address, HasHTML: parsed.HTML != "", Show: show, Text: parsed.Text,
		Attachments: parsed.Attachments, Problems: parsed.Problems}
	var to []string
	for _, a := range parsed.To {
		to = append(to, a.Address)
	}
	v.To = strings.Join(to, ", ")
	for _, f := range parsed.Fields {
		if strings.EqualFold(f.Name, "Auto-Submitted") && !strings.EqualFold(f.Value, "no") {
			v.Automatic = true
		}
	}
	switch {
	case show == "raw":
		v.Raw = printableRaw(m.Raw)
	case show != "text" && v.HasHTML:
		v.Show = "html"
	default:
		v.Show = "text"
	}
	return v
}

// printableRaw is the beginning of a mail as text; a picture in base64 need not be seen whole.
func printableRaw(raw []byte) string {
	const most = 64 << 10
	text := string(raw[:min(len(raw), most)])
	if len(raw) > most {
		text += "\n[...]"
	}
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\r\n", "\n"), "\uFFFD")
}

// html serves the HTML part alone, for a frame in which nothing may run, load or submit.
func (p *Page) html(w http.ResponseWriter, r *http.Request) {
	m, ok := p.find(w, r)
	if !ok {
		return
	}
	parsed, _ := message.Parse(bytes.NewReader(m.Raw), message.Options{})
	w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(parsed.HTML))
}

func (p *Page) raw(w http.ResponseWriter, r *http.Request) {
	m, ok := p.find(w, r)
	if !ok {
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="mail-%d.eml"`, m.ID))
	_, _ = w.Write(m.Raw)
}

// changes answers when something has changed since a version, or after a while.
func (p *Page) changes(w http.ResponseWriter, r *http.Request) {
	since, _ := strconv.ParseInt(r.URL.Query().Get("since"), 10, 64)
	ctx, cancel := context.WithTimeout(r.Context(), 25*time.Second)
	defer cancel()
	for {
		version, changed := p.office.Changes()
		if version != since || ctx.Err() != nil {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"version":%d}`, version)
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
		case <-p.office.closed:
			return
		}
	}
}

func (p *Page) fail(w http.ResponseWriter, status int, text string) {
	v := p.view("")
	v.Error = text
	p.render(w, status, v)
}

func (p *Page) render(w http.ResponseWriter, status int, v pageView) {
	var b bytes.Buffer
	if err := p.tmpl.Execute(&b, v); err != nil {
		http.Error(w, "The page could not be made.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// errForm is what was wrong with a form, for its writer.
var errForm = errors.New("the form is not complete")
