package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"caseconsultant/workflow/codebook"
)

type codesInfoCommand struct {
	File string `arg:"" optional:"" help:"The codebook; the embedded starter if left out."`
	JSON bool   `help:"One release a line, as an object, then one about the whole file."`
}

// releaseLine is a release as --json prints it.
type releaseLine struct {
	codebook.Release
	CoversToday bool `json:"covers_today"`
}

// bookLine is the last line of --json.
type bookLine struct {
	File      string `json:"codebook"`
	Starter   bool   `json:"starter"`
	Bytes     int64  `json:"bytes"`
	WrittenAt string `json:"written_at"`
	// Today has one object for each kind of release.
	Today []codebook.Today `json:"today"`
	// Acceptances say who accepted the licence behind which copyright line, and when.
	Acceptances []codebook.Acceptance `json:"acceptances"`
}

// Run says what a codebook holds, how old it is, what of it answers today, and who accepted its licences.
func (i *codesInfoCommand) Run(c *console) error {
	return bookFlag{i.File}.with(c, func(book *codebook.Book) error {
		now := time.Now()
		info, err := os.Stat(book.Path())
		if err != nil {
			return fmt.Errorf("look at the codebook: %w", err)
		}
		releases, today := book.Releases(), codebook.Standing(book.Releases(), now)
		if i.JSON {
			encoder := json.NewEncoder(c.out)
			for _, r := range releases {
				if err := encoder.Encode(releaseLine{r, coversToday(r, now)}); err != nil {
					return fmt.Errorf("write the releases: %w", err)
				}
			}
			return encoder.Encode(bookLine{File: book.Path(), Starter: book.Starter(), Bytes: info.Size(), WrittenAt: info.ModTime().UTC().Format(time.RFC3339),
				Today: append([]codebook.Today{}, today...), Acceptances: append([]codebook.Acceptance{}, book.Acceptances()...)})
		}
		c.printf("%s\n%.1f MB, written %s (%s)\n", book.Path(), float64(info.Size())/1e6, info.ModTime().Format(time.DateOnly), daysAgo(now.Sub(info.ModTime())))
		if book.Starter() {
			c.printf("This is the starter: common codes in our own words, no code set whole. codes fetch says how to get a whole one.\n")
		}
		if err := showReleases(c, releases); err != nil {
			return err
		}
		if len(today) > 0 {
			c.printf("\nToday, %s:\n", now.Format(time.DateOnly))
			for _, kind := range today {
				switch {
				case kind.Release == "":
					c.printf("   %-16s nothing answers: %s\n", kind.Kind, kind.Warning)
				case kind.Warning != "":
					c.printf("   %-16s %s\n", kind.Kind, kind.Warning)
				default:
					c.printf("   %-16s %s\n", kind.Kind, kind.Release)
				}
			}
		}
		showAcceptances(c, book.Acceptances())
		return nil
	})
}

func coversToday(r codebook.Release, now time.Time) bool {
	today := now.Format(time.DateOnly)
	return r.First == "" || r.First <= today && (r.Last == "" || today <= r.Last)
}

func daysAgo(d time.Duration) string {
	switch days := int(d.Hours() / 24); days {
	case 0:
		return "today"
	case 1:
		return "a day ago"
	default:
		return fmt.Sprintf("%d days ago", days)
	}
}

func showAcceptances(c *console, list []codebook.Acceptance) {
	if len(list) == 0 {
		return
	}
	c.printf("\nLicences accepted:\n")
	for _, a := range list {
		who := "by " + a.By + " on " + a.On
		if a.By == "" {
			who = "by nobody yet (codes build --licence-accepted-by NAME)"
		}
		c.printf("   %s: %s\n      %s\n", who, a.Line, strings.Join(a.Files, ", "))
	}
}

// errNotAccepted ends a build when the person at the terminal does not accept.
var errNotAccepted = errors.New("nothing was built: the licence was not accepted")

// accept finds out who accepts the licences of the files: the flag says it, or a person at the terminal does. A build that nobody watches goes on
// and keeps that nobody said so.
func (b *codesBuildCommand) accept(c *console) func([]codebook.Terms) (string, time.Time, error) {
	return func(terms []codebook.Terms) (by string, on time.Time, err error) {
		if by = strings.TrimSpace(b.LicenceAcceptedBy); by != "" {
			return by, time.Now(), nil
		}
		if !c.terminal {
			return "", on, nil
		}
		var text strings.Builder
		for _, t := range terms {
			fmt.Fprintf(&text, "   %s\n      %s\n", t.Line, strings.Join(t.Files, ", "))
		}
		fmt.Fprintf(c.err, "\r\x1b[KThese files are under a licence, which you were asked to accept where they were downloaded:\n%s"+
			"Type your name if you have read and accept it, or press Enter to stop: ", text.String())
		line, err := bufio.NewReader(io.LimitReader(c.in, 1024)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", on, fmt.Errorf("read the answer: %w", err)
		}
		if by = strings.TrimSpace(line); by == "" {
			return "", on, errNotAccepted
		}
		return by, time.Now(), nil
	}
}
