package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"caseconsultant/workflow/codebook"
)

type codesCommand struct {
	Build  codesBuildCommand  `cmd:"" help:"Compile official files into a codebook."`
	Info   codesInfoCommand   `cmd:"" help:"Say which releases a codebook holds."`
	Fetch  codesFetchCommand  `cmd:"" help:"Download the official files that are open, and say where those are that need a licence."`
	Policy codesPolicyCommand `cmd:"" help:"Show the dated rules: minutes, deadlines, amounts, modifiers of the year."`
}

type codesBuildCommand struct {
	Out       string   `required:"" placeholder:"FILE" help:"The codebook to write; replaced only when all went well."`
	Paths     []string `arg:"" name:"path" help:"Official files, folders of them, zip archives as downloaded."`
	NoStarter bool     `help:"Leave the starter's own-words descriptions out."`
	Force     bool     `help:"Accept a release that has suspiciously fewer codes than the one before it."`
	JSON      bool     `help:"Print the report as one object."`

	LicenceAcceptedBy string `placeholder:"NAME" help:"Who has read and accepted the licences of files that are under one (CPT); kept in the codebook with the day."`
}

// Run builds a codebook.
func (b *codesBuildCommand) Run(c *console) error {
	options := codebook.BuildOptions{NoStarter: b.NoStarter, Force: b.Force, Accept: b.accept(c), Pages: pdfPages()}
	if c.terminal {
		options.Progress = c.progress
	}
	report, err := codebook.Build(c.ctx, b.Out, b.Paths, options)
	if c.terminal {
		fmt.Fprint(c.err, "\r\x1b[K")
	}
	if report != nil && b.JSON && err == nil {
		return json.NewEncoder(c.out).Encode(report)
	}
	if report != nil {
		for _, file := range report.NotRead {
			c.note("not read: %s: %s", file.File, file.Note)
		}
		for _, warning := range report.Warnings {
			c.note("warning: %s", warning)
		}
		for _, a := range report.Acceptances {
			if a.By == "" && err == nil {
				c.note("warning: nobody has said that they accepted the licence of %s: add --licence-accepted-by NAME", strings.Join(a.Files, ", "))
			}
		}
	}
	if err != nil {
		return err
	}
	for _, file := range report.Read {
		said := file.What + ", " + file.Note
		if strings.HasPrefix(file.Note, file.What) {
			said = file.Note // its edition begins with the same words
		}
		c.printf("%s: %s\n", file.File, said)
	}
	c.printf("\n%s (%.1f MB)\n", report.Out, float64(report.Bytes)/1e6)
	if err := showReleases(c, report.Releases); err != nil {
		return err
	}
	showAcceptances(c, report.Acceptances)
	return nil
}

// progress draws a line that is written over and over; a pipe gets none.
func (c *console) progress(p codebook.Progress) {
	share := ""
	if p.Total > 0 {
		share = fmt.Sprintf(" %3.0f %%", 100*float64(p.Done)/float64(p.Total))
	}
	fmt.Fprintf(c.err, "\r\x1b[K%s %s%s", p.Stage, clip(filepath.Base(p.File), 50), share)
}

func showReleases(c *console, releases []codebook.Release) error {
	table := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "RELEASE\tFROM\tTO\tCODES\tHEADINGS\tFACTS\tTITLES\tWHOLE\tFILE")
	for _, r := range releases {
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%d\t%d\t%s\t%s\t%s\n", r.Name, r.First, r.Last, r.Codes, r.Headings, r.Facts, yesNo(r.Titles), yesNo(r.Whole), r.File)
	}
	return table.Flush()
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
