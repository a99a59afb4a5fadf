package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// moduleRoot is the module's root, seen from this package.
const moduleRoot = "../.."

// room is one package of the house.
type room struct {
	path    string // relative to the root: "workflow/desk"
	doc     string
	imports map[string]string // import path to the file that has it; without those of tests
}

// rooms reads every package of the module.
func rooms(t *testing.T) []room {
	t.Helper()
	byPath := make(map[string]*room)
	var order []string
	err := filepath.WalkDir(moduleRoot, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if path != moduleRoot && (strings.HasPrefix(name, ".") || name == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(moduleRoot, filepath.Dir(path))
		if err != nil {
			return err
		}
		dir = filepath.ToSlash(dir)
		r := byPath[dir]
		if r == nil {
			r = &room{path: dir, imports: make(map[string]string)}
			byPath[dir] = r
			order = append(order, dir)
		}
		r.read(file, name)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var list []room
	for _, dir := range order {
		list = append(list, *byPath[dir])
	}
	if len(list) < 15 {
		t.Fatalf("only %d packages were found: %v", len(list), order)
	}
	return list
}

func (r *room) read(file *ast.File, name string) {
	if file.Doc != nil && len(file.Doc.Text()) > len(r.doc) {
		r.doc = file.Doc.Text()
	}
	for _, spec := range file.Imports {
		if path, err := strconv.Unquote(spec.Path.Value); err == nil {
			r.imports[path] = name
		}
	}
}

// denied is the direction of imports: what a room may not know, and why. from and to are packages with all below them;
// except are packages among them that the rule does not bind. A room may always import what lies below itself.
var denied = []struct {
	from, to string
	except   []string
	why      string
}{
	{"mailin", "caseconsultant/workflow", nil, "the watcher and the parsers of mail know no case: they can be read and fuzzed alone, and a server's tricks end there"},
	{"mailin", "caseconsultant/mailout", nil, "mail that comes in and mail that goes out meet in the workflow only"},
	{"mailin", "database/sql", nil, "the watcher hands mail to a small interface; where it is kept is not its business"},
	{"mailin/message", "os", nil, "reading a mail is pure: bytes in, message out"},
	{"mailin/rtf", "caseconsultant", nil, "reading a format is at the bottom: bodies and attached files are read by the same room, which knows neither"},
	{"mailin/rtf", "os", nil, "reading a format is pure: a reader in, text out"},
	{"mailin/screen", "os", nil, "judging a mail is pure"},
	{"mailin/authenticity", "os", nil, "proving a sender takes bytes and asks the DNS through the resolver that it is given; it touches no file"},
	{"mailin/authenticity", "net/http", nil, "proving a sender fetches nothing but text records"},
	{"mailout", "caseconsultant/workflow", nil, "letters are made of plain views; a letter cannot leak what it was not given"},
	{"mailout", "caseconsultant/mailin", nil, "sending knows nothing of reading"},
	{"mailout", "database/sql", nil, "the outbox is the workflow's; sending works on bytes"},
	{"templates", "caseconsultant", nil, "templates are at the bottom: whoever fills them knows them, not the other way round"},
	{"migrations", "caseconsultant", nil, "the schema depends on no code"},
	{"workflow/codes", "database/sql", nil, "finding codes in a text is pure: it is fuzzed, measured and trusted as a function"},
	{"workflow/codes", "os", nil, "finding codes in a text touches no file"},
	{"workflow/codes", "net", nil, "finding codes in a text touches no network"},
	{"workflow/codes", "caseconsultant", nil, "codes is at the bottom: it asks for membership through a function"},
	{"workflow/identifiers", "caseconsultant", nil, "finding identifiers in a text is pure"},
	{"workflow/identifiers", "os", nil, "finding identifiers in a text is pure"},
	{"workflow/licence", "caseconsultant", nil, "which licence permits what is a function of the day"},
	{"workflow/licence", "os", nil, "which licence permits what is a function of the day"},
	{"workflow/calendar", "caseconsultant", nil, "reckoning in business hours is pure"},
	{"workflow/calendar", "os", nil, "reckoning in business hours is pure"},
	{"workflow/finding", "caseconsultant/workflow/codebook", nil, "storing or printing a finding must not need the codebook that made it"},
	{"workflow/codebook", "caseconsultant/workflow/store", nil, "the codebook is a file of its own, the same for every database"},
	{"workflow/codebook", "net/http", []string{"workflow/codebook/fetch"}, "codebooks are built from files at hand; nothing is fetched behind anybody's back"},
	{"workflow/codebook/fetch", "caseconsultant", nil, "the one room that asks the publishers' servers knows nothing of the house: addresses in, checked files out"},
	{"workflow/codebook/fetch", "database/sql", nil, "what is fetched is files"},
	{"workflow/checks", "caseconsultant/workflow/store", nil, "checks are functions of mentions, codebook and date"},
	{"workflow/checks", "caseconsultant/workflow/casefile", nil, "checks are functions of mentions, codebook and date"},
	{"workflow/store", "caseconsultant/workflow", nil, "the store has no table of the domain"},
	{"workflow/store", "caseconsultant/mailin", nil, "the store has no table of the domain"},
	{"workflow/house", "caseconsultant/workflow/casefile", nil, "what the firm settles speaks of no case"},
	{"workflow/house", "caseconsultant/workflow/codebook", nil, "the firm's words outlive every codebook"},
	{"workflow/people", "caseconsultant/workflow/casefile", nil, "who may sign in depends on no case"},
	{"workflow/intake", "caseconsultant/workflow/casefile", nil, "the ledger knows of cases by their ids only"},
	{"workflow/casefile", "caseconsultant/workflow/codebook", nil, "a case keeps what the codebook said as it was said; it never asks it again"},
	{"workflow/casefile", "caseconsultant/mailin", nil, "a case file knows messages as it stores them, not as they were parsed"},
	{"workflow/desk", "github.com/riverqueue", nil, "the desk decides and shows; jobs are inserted by the office behind it"},
	{"workflow/desk", "caseconsultant/mailin", nil, "the desk shows what the case files hold"},
	{"workflow/desk", "caseconsultant/workflow/store", nil, "the desk reads and writes through the rooms below, never the database"},
	{"workflow/desk", "database/sql", nil, "the desk reads and writes through the rooms below, never the database"},
	{"workflow", "github.com/riverqueue", []string{"workflow"}, "River is known to the line alone; all other rooms work without jobs"},
	{"workflow", "github.com/emersion", nil, "the protocols of mail end in mailin and mailout"},
	{"workflow", "github.com/wneessen", nil, "the protocols of mail end in mailin and mailout"},
}

// refusal says why a package may not import another; "" if it may. Packages for tests may import what their tests need.
func refusal(path, imported string) string {
	forTests := strings.HasSuffix(path, "test")
	switch {
	case imported == "C":
		return "the program is one static file, without cgo"
	case within(imported, "caseconsultant/cmd") && !within(path, "cmd"):
		return "nothing imports the program"
	case within(imported, "caseconsultant") && strings.HasSuffix(imported, "test") && !forTests && !within(path, "cmd"):
		return "it is for tests only"
	case imported == "caseconsultant/workflow" && within(path, "workflow") && path != "workflow":
		return "the line stands above all rooms of the workflow; they declare the small interfaces that they need"
	}
	for _, rule := range denied {
		if !forTests && within(path, rule.from) && !slices.Contains(rule.except, path) && within(imported, rule.to) && !within(imported, "caseconsultant/"+rule.from) {
			return rule.why
		}
	}
	return ""
}

// TestImportsPointDownwards keeps the direction of imports: one list, a reason for each entry.
func TestImportsPointDownwards(t *testing.T) {
	t.Parallel()
	for _, r := range rooms(t) {
		for imported, file := range r.imports {
			if why := refusal(r.path, imported); why != "" {
				t.Errorf("%s/%s imports %s: %s", r.path, file, imported, why)
			}
		}
	}
	for _, rule := range denied {
		if rule.why == "" {
			t.Errorf("the rule that %s must not import %s has no reason", rule.from, rule.to)
		}
	}
}

func TestRefusedImports(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		path, imported string
		refused        bool
	}{
		{"mailin", "caseconsultant/workflow/store", true},
		{"mailin/message", "caseconsultant/workflow", true},
		{"mailin/message", "caseconsultant/mailin/rtf", false},
		{"mailin/rtf", "caseconsultant/mailin/message", true},
		{"mailin", "caseconsultant/mailin/message", false},
		{"mailin/imaptest", "caseconsultant/workflow/store", false}, // only for tests
		{"workflow/codes", "database/sql", true},
		{"workflow/codes", "caseconsultant/workflow", true},
		{"workflow/desk", "github.com/riverqueue/river", true},
		{"workflow/desk", "caseconsultant/workflow", true},
		{"workflow/desk", "caseconsultant/workflow/casefile", false},
		{"workflow", "github.com/riverqueue/river", false},
		{"workflow/casefile", "github.com/riverqueue/river", true},
		{"workflow/store", "caseconsultant/workflow/codes", true},
		{"workflow/store", "caseconsultant/migrations", false},
		{"workflow", "caseconsultant/cmd/caseconsultant/demo", true},
		{"workflow/people", "C", true},
		{"workflow/codebook", "net/http", true},
		{"workflow/codebook/fetch", "net/http", false},
		{"workflow/codebook/fetch", "caseconsultant/workflow/codes", true},
		{"mailout", "caseconsultant/mailout/smtptest", true},
		{"cmd/caseconsultant", "caseconsultant/workflow", false},
	} {
		if why := refusal(test.path, test.imported); (why != "") != test.refused {
			t.Errorf("%s importing %s: %q", test.path, test.imported, why)
		}
	}
}

// within tells whether a path is a package or below it.
func within(path, above string) bool {
	return path == above || strings.HasPrefix(path, above+"/")
}

// TestEveryRoomSaysWhatItIs: a newcomer opens a package and reads what it is for.
func TestEveryRoomSaysWhatItIs(t *testing.T) {
	t.Parallel()
	for _, r := range rooms(t) {
		name := filepath.Base(r.path)
		prefix := "Package " + name + " "
		if within(r.path, "cmd") && name == "caseconsultant" {
			prefix = "Command " + name + " "
		}
		if !strings.HasPrefix(r.doc, prefix) || len(r.doc) < 120 {
			t.Errorf("%s has no package comment that begins with %q and says what it is for: %.60q", r.path, prefix, r.doc)
		}
		for _, vague := range []string{"util", "utils", "common", "helpers", "models", "misc"} {
			if name == vague {
				t.Errorf("%s: a package is named by what it has, not %q", r.path, vague)
			}
		}
	}
}
