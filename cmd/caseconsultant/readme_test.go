package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// readme is the text that a newcomer believes.
func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestReadmeNamesCommandsThatExist(t *testing.T) {
	t.Parallel()
	text := readme(t)
	var lines []string
	for _, m := range regexp.MustCompile(`(?m)(?:\./caseconsultant|go run \./cmd/caseconsultant|\x60caseconsultant) ([^#\x60\n]+)`).FindAllStringSubmatch(text, -1) {
		lines = append(lines, m[1])
	}
	list := regexp.MustCompile(`(?s)## Commands\n\n(.*?)Each has`).FindStringSubmatch(text)
	if list == nil || len(lines) < 10 {
		t.Fatalf("the commands cannot be found: %q", lines)
	}
	named := map[string]bool{}
	for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(list[1], -1) {
		words := strings.Fields(m[1])
		named[words[0]] = true
		if len(words) == 1 {
			lines = append(lines, words[0])
			continue
		}
		for _, sub := range strings.Split(words[1], "|") {
			lines = append(lines, words[0]+" "+sub)
		}
	}
	for _, line := range lines {
		// --help ends the reading of a command line that is right so far, whatever it lacks.
		if r := command(t, "", append(strings.Fields(line), "--help")...); r.status != 0 || !strings.HasPrefix(r.out, "Usage: caseconsultant "+strings.Fields(line)[0]) {
			t.Errorf("the README names %q: exit status %d: %s", line, r.status, r.errors)
		}
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[commands]()) {
		if _, ok := field.Tag.Lookup("cmd"); ok && !named[strings.ToLower(field.Name)] {
			t.Errorf("the README does not name %s", strings.ToLower(field.Name))
		}
	}
}

func TestReadmesConfigurationIsOne(t *testing.T) {
	t.Parallel()
	block := regexp.MustCompile("(?s)```toml\n(.*?)```").FindStringSubmatch(readme(t))
	if block == nil {
		t.Fatal("there is none")
	}
	if _, err := ParseConfig("README.toml", []byte(block[1])); err != nil {
		t.Error(err)
	}
}

func TestDocumentsLinkToWhatIsThere(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"} {
		text, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(string(text), -1) {
			if strings.HasPrefix(m[1], "https://") {
				continue
			}
			if _, err := os.Stat(filepath.Join("../..", m[1])); err != nil {
				t.Errorf("%s links to %s: %v", name, m[1], err)
			}
		}
	}
	licence, err := os.ReadFile("../../LICENSE")
	if err != nil || !strings.Contains(string(licence), "Apache License") {
		t.Errorf("the licence: %v", err)
	}
}
