package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"caseconsultant/workflow/codebook/fetch"
)

type codesFetchCommand struct {
	Out       string   `default:"code-files" placeholder:"DIR" help:"Where to keep the files (default: ${default}); codes build reads the whole folder."`
	Release   []string `placeholder:"RELEASE" help:"What was in force on a day (2026-11-24), in a fiscal year (FY2027), quarter (2026Q4) or year (2026); today if left out. May be repeated."`
	Only      []string `placeholder:"SOURCE" help:"Only these sources of the table. May be repeated."`
	Table     string   `placeholder:"FILE" help:"A table of addresses; it replaces the sources that it names."`
	ShowTable bool     `help:"Print the embedded table, to be edited."`
	DryRun    bool     `help:"Say what would be fetched from where, and ask no server."`
	JSON      bool     `help:"One file a line, as an object."`
}

// fetchLine is a target as --json prints it.
type fetchLine struct {
	Source    string   `json:"source"`
	Name      string   `json:"name"`
	Release   string   `json:"release"`
	Access    string   `json:"access"`
	Status    string   `json:"status"` // "planned" in a dry run
	Addresses []string `json:"addresses"`
	Page      string   `json:"page"`
	Checked   string   `json:"checked"`
	File      string   `json:"file"`
	Size      int64    `json:"size"`
	SHA256    string   `json:"sha256"`
	FetchedAt string   `json:"fetched_at"`
	Message   string   `json:"message"`
}

// Run fetches what is open, and says where a person finds the rest.
func (f *codesFetchCommand) Run(c *console) error {
	if f.ShowTable {
		c.printf("%s", fetch.EmbeddedText())
		return nil
	}
	sources, targets, err := f.targets(time.Now())
	if err != nil {
		return err
	}
	if f.DryRun {
		return f.plan(c, targets)
	}
	options := fetch.Options{Hosts: fetch.Hosts(sources), Transport: c.transport}
	if c.terminal {
		options.Progress = c.fetchProgress
	}
	results, err := fetch.Fetch(c.ctx, f.Out, targets, options)
	if c.terminal {
		fmt.Fprint(c.err, "\r\x1b[K")
	}
	if err != nil {
		return err
	}
	return f.report(c, results)
}

// targets are what the flags ask for.
func (f *codesFetchCommand) targets(now time.Time) ([]fetch.Source, []fetch.Target, error) {
	sources := fetch.Embedded()
	if f.Table != "" {
		file, err := os.Open(f.Table)
		if err != nil {
			return nil, nil, usageError(fmt.Sprintf("the table of addresses cannot be read: %v", err))
		}
		defer file.Close()
		mine, err := fetch.ReadTable(file, f.Table)
		if err != nil {
			return nil, nil, usageError(err.Error())
		}
		sources = fetch.Merge(sources, mine)
	}
	days := []time.Time{now}
	if len(f.Release) > 0 {
		days = nil
	}
	for _, release := range f.Release {
		of, err := fetch.ParseRelease(release)
		if err != nil {
			return nil, nil, usageError(err.Error())
		}
		days = append(days, of...)
	}
	targets := fetch.Targets(sources, days)
	for _, only := range f.Only {
		if !slices.ContainsFunc(sources, func(s fetch.Source) bool { return s.Source == only }) {
			return nil, nil, usageError(fmt.Sprintf("the table has no source %q: write %s", only, orList(sourceNames(sources))))
		}
	}
	if len(f.Only) > 0 {
		targets = slices.DeleteFunc(targets, func(t fetch.Target) bool { return !slices.Contains(f.Only, t.Source) })
	}
	return sources, targets, nil
}

func sourceNames(sources []fetch.Source) []string {
	var names []string
	for _, s := range sources {
		if !slices.Contains(names, s.Source) {
			names = append(names, s.Source)
		}
	}
	return names
}

func lineOf(r fetch.Result) fetchLine {
	t := r.Target
	line := fetchLine{Source: t.Source, Name: t.Name, Release: t.Release, Access: t.Access, Status: string(r.Status), Addresses: []string{}, Page: t.Page,
		Checked: t.Checked, File: r.Entry.File, Size: r.Entry.Size, SHA256: r.Entry.SHA256, Message: r.Message}
	for _, candidate := range t.Candidates {
		line.Addresses = append(line.Addresses, candidate.Address)
	}
	if !r.Entry.FetchedAt.IsZero() {
		line.FetchedAt = r.Entry.FetchedAt.Format(time.RFC3339)
	}
	return line
}

// plan is what a dry run prints.
func (f *codesFetchCommand) plan(c *console, targets []fetch.Target) error {
	if f.JSON {
		encoder := json.NewEncoder(c.out)
		for _, t := range targets {
			if err := encoder.Encode(lineOf(fetch.Result{Target: t, Status: "planned"})); err != nil {
				return fmt.Errorf("write the plan: %w", err)
			}
		}
		return nil
	}
	for _, t := range targets {
		if t.Access != fetch.AccessOpen {
			continue
		}
		c.printf("%s, %s  (%s)\n", t.Name, t.Release, t.Source)
		for i, candidate := range t.Candidates {
			c.printf("   %-4s %s\n        checked: %s\n", map[bool]string{true: "from", false: "or"}[i == 0], candidate.Address, candidate.Checked)
		}
		if t.Optional {
			c.printf("        not every year has one\n")
		}
	}
	showClickThrough(c, targets)
	c.printf("\nchecked: never means that nobody has seen the address answer yet; where it fails, the page of the source says the right one\n(--show-table prints the table, --table FILE puts other addresses in their place).\n")
	return nil
}

// showClickThrough names what a person must fetch.
func showClickThrough(c *console, targets []fetch.Target) {
	first := true
	for _, t := range targets {
		if t.Access != fetch.AccessClick {
			continue
		}
		if first {
			c.printf("\nThese hold CPT, which is the American Medical Association's: a person must read and accept a licence for each, then save it into the folder.\n")
			first = false
		}
		c.printf("   %s, %s\n        %s\n", t.Name, t.Release, t.Page)
	}
}

// report is what a fetch prints. It fails when a file that should be there is not.
func (f *codesFetchCommand) report(c *console, results []fetch.Result) error {
	encoder := json.NewEncoder(c.out)
	var failed, there int
	var targets []fetch.Target
	for _, r := range results {
		targets = append(targets, r.Target)
		switch r.Status {
		case fetch.Failed:
			failed++
		case fetch.Fetched, fetch.Unchanged:
			there++
		}
		switch {
		case f.JSON:
			if err := encoder.Encode(lineOf(r)); err != nil {
				return fmt.Errorf("write the result: %w", err)
			}
		case r.Status == fetch.Failed:
			c.note("failed     %s, %s: %s", r.Target.Name, r.Target.Release, r.Message)
		case r.Status == fetch.Absent:
			c.printf("%-10s %s, %s: %s\n", "none", r.Target.Name, r.Target.Release, r.Message)
		case r.Status != fetch.ClickThrough:
			c.printf("%-10s %s, %s: %s (%.1f MB)%s\n", r.Status, r.Target.Name, r.Target.Release, r.Entry.File, float64(r.Entry.Size)/1e6, replaced(r))
		}
	}
	if !f.JSON {
		showClickThrough(c, targets)
		if there > 0 {
			c.printf("\nThen: caseconsultant codes build --out house.codebook %s\n", f.Out)
		}
	}
	if failed > 0 {
		if !f.JSON {
			c.note("%d of %d files are missing; the others are in %s", failed, failed+there, f.Out)
		}
		return silent{1}
	}
	return nil
}

func replaced(r fetch.Result) string {
	if r.Was == nil {
		return ""
	}
	return ", which replaces the one of " + r.Was.FetchedAt.Format(time.DateOnly)
}

// fetchProgress draws a bar that is written over and over; a pipe gets none.
func (c *console) fetchProgress(p fetch.Progress) {
	const width = 24
	size := fmt.Sprintf("%.1f MB", float64(p.Done)/1e6)
	bar := strings.Repeat("·", width)
	if p.Total > 0 {
		full := int(min(width, p.Done*width/p.Total))
		bar = strings.Repeat("█", full) + strings.Repeat("·", width-full)
		size = fmt.Sprintf("%3.0f %% of %.1f MB", 100*float64(p.Done)/float64(p.Total), float64(p.Total)/1e6)
	}
	fmt.Fprintf(c.err, "\r\x1b[K%s %s %s", bar, size, clip(cmp.Or(p.File, p.Target.Name), 40))
}
