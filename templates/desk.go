package templates

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
	"sort"
	"strings"
)

//go:embed desk
var deskFiles embed.FS

// Desk is the web desk's templates, styles and scripts, parsed once. It is safe for concurrent use.
//
// Every page is desk/pages/NAME.html, which defines "main", on top of desk/layout.html and desk/parts.html. Scripts,
// styles and pictures are assets, served under names that hold a hash of their bytes, so that browsers may keep them
// for ever and never keep a stale one.
type Desk struct {
	pages  map[string]*template.Template
	assets map[string]Asset // by served name
	names  map[string]string
}

// Asset is one file that pages refer to.
type Asset struct {
	Name        string // as served: desk.1a2b3c4d5e6f.css
	ContentType string
	Bytes       []byte // not to be changed
}

// NewDesk parses all templates. funcs are added to the ones that the package has itself: asset (the served name of an
// asset) and icon (an inline picture). It fails if a page does not parse, lacks its main part, or names an asset or
// icon that does not exist.
func NewDesk(funcs template.FuncMap) (*Desk, error) {
	d := &Desk{pages: make(map[string]*template.Template), assets: make(map[string]Asset), names: make(map[string]string)}
	if err := d.readAssets(); err != nil {
		return nil, err
	}
	icons, err := readIcons()
	if err != nil {
		return nil, err
	}
	own := template.FuncMap{
		"asset": func(name string) (string, error) {
			served, ok := d.names[name]
			if !ok {
				return "", fmt.Errorf("there is no asset %q", name)
			}
			return "/assets/" + served, nil
		},
		"icon": func(name string) (template.HTML, error) {
			icon, ok := icons[name]
			if !ok {
				return "", fmt.Errorf("there is no icon %q", name)
			}
			return icon, nil
		},
	}
	shared, err := template.New("").Option("missingkey=error").Funcs(own).Funcs(funcs).
		ParseFS(deskFiles, "desk/layout.html", "desk/parts.html")
	if err != nil {
		return nil, fmt.Errorf("parse the desk's layout: %w", err)
	}
	files, err := fs.Glob(deskFiles, "desk/pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("list the desk's pages: %w", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file), ".html")
		page, err := shared.Clone()
		if err != nil {
			return nil, fmt.Errorf("parse the desk's page %s: %w", name, err)
		}
		if page, err = page.ParseFS(deskFiles, file); err != nil {
			return nil, fmt.Errorf("parse the desk's page %s: %w", name, err)
		}
		if page.Lookup("main") == nil {
			return nil, fmt.Errorf("the desk's page %s does not define main", name)
		}
		d.pages[name] = page
	}
	return d, nil
}

// Pages returns the names of all pages, in order.
func (d *Desk) Pages() []string {
	names := make([]string, 0, len(d.pages))
	for name := range d.pages {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// Render writes a whole page, or nothing and an error: it goes through a buffer, so that no half page with a good
// status ever reaches a browser.
func (d *Desk) Render(w io.Writer, page string, view any) error {
	t, ok := d.pages[page]
	if !ok {
		return fmt.Errorf("there is no page %q", page)
	}
	var buf bytes.Buffer
	if err := t.ExecuteTemplate(&buf, "layout", view); err != nil {
		return fmt.Errorf("render the page %s: %w", page, err)
	}
	if _, err := buf.WriteTo(w); err != nil {
		return fmt.Errorf("send the page %s: %w", page, err)
	}
	return nil
}

// Asset returns an asset by the name under which it is served.
func (d *Desk) Asset(served string) (Asset, bool) {
	a, ok := d.assets[served]
	return a, ok
}

func (d *Desk) readAssets() error {
	types := map[string]string{
		".css": "text/css; charset=utf-8",
		".js":  "text/javascript; charset=utf-8",
		".svg": "image/svg+xml",
	}
	files, err := fs.Glob(deskFiles, "desk/assets/*")
	if err != nil {
		return fmt.Errorf("list the desk's assets: %w", err)
	}
	for _, file := range files {
		b, err := deskFiles.ReadFile(file)
		if err != nil {
			return fmt.Errorf("read the desk's asset: %w", err)
		}
		name, ext := path.Base(file), path.Ext(file)
		contentType, ok := types[ext]
		if !ok {
			return fmt.Errorf("the desk's asset %s is of no type that is served", name)
		}
		sum := sha256.Sum256(b)
		served := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
		d.assets[served] = Asset{Name: served, ContentType: contentType, Bytes: b}
		d.names[name] = served
	}
	return nil
}

// readIcons reads the pictures that stand inline in pages. They are ours, so their markup is trusted; every one is
// hidden from screen readers, because a word stands beside it or in its parent's label.
func readIcons() (map[string]template.HTML, error) {
	files, err := fs.Glob(deskFiles, "desk/icons/*.svg")
	if err != nil {
		return nil, fmt.Errorf("list the desk's icons: %w", err)
	}
	icons := make(map[string]template.HTML, len(files))
	for _, file := range files {
		b, err := deskFiles.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read the desk's icon: %w", err)
		}
		svg, ok := strings.CutPrefix(strings.TrimSpace(string(b)), "<svg ")
		if !ok {
			return nil, fmt.Errorf("the desk's icon %s must begin with <svg ", path.Base(file))
		}
		icons[strings.TrimSuffix(path.Base(file), ".svg")] = template.HTML(`<svg class="icon" aria-hidden="true" focusable="false" ` + svg)
	}
	return icons, nil
}
