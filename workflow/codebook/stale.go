package codebook

import (
	"fmt"
	"slices"
	"time"
)

// Today says of one kind of release how it stands on a day.
type Today struct {
	Kind string `json:"kind"`
	// Release answers on that day; empty when none does.
	Release string `json:"release"`
	// Newest is the latest one loaded.
	Newest string `json:"newest"`
	// Until is the last day for which the newest was made, as YYYY-MM-DD.
	Until string `json:"until"`
	// Warning says in a sentence what is missing; empty when nothing is.
	Warning string `json:"warning"`
}

// Standing says for each kind of release in a book whether one answers on a day, and what has begun since the newest was made: a quarter, or
// a fiscal year on 1 October, or its April edition, which ICD-10 has had in most years since 2022 and whose codes a claim from that day on
// needs. Releases must be sorted by kind and first day, as Book.Releases gives them. The starter, which is for no period, is left out.
func Standing(releases []Release, on time.Time) []Today {
	today := on.Format(time.DateOnly)
	var out []Today
	for i := 0; i < len(releases); {
		end := i
		for end < len(releases) && releases[end].Kind == releases[i].Kind {
			end++
		}
		if of := releases[i:end]; of[0].First != "" && of[0].Kind != kindAddenda { // what changed once stays true
			out = append(out, standing(of, today, on))
		}
		i = end
	}
	return out
}

// standing judges the releases of one kind.
func standing(of []Release, today string, on time.Time) Today {
	newest := of[0]
	for _, r := range of {
		if r.First <= today {
			newest = r
		}
	}
	t := Today{Kind: newest.Kind, Newest: newest.Name, Until: newest.MadeUntil}
	april := time.Date(on.Year(), time.April, 1, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	switch {
	case newest.First > today:
		t.Warning = fmt.Sprintf("%s begins on %s, and nothing loaded answers before", newest.Name, newest.First)
	case newest.Last != "" && newest.Last < today:
		t.Warning = fmt.Sprintf("%s ended on %s; since then %s", newest.Name, newest.Last, begun(newest.Last, on))
	case slices.Contains([]string{kindICD10CM, kindTabularCM, kindICD10PCS}, newest.Kind) && newest.First < april && april <= today && april <= newest.MadeUntil:
		t.Release = newest.Name
		t.Warning = fmt.Sprintf("%s answers; see whether there is an edition of 1 April %d, which most years have", newest.Name, on.Year())
	default:
		t.Release = newest.Name
	}
	return t
}

// begun counts the quarters and names the fiscal years that began after a day, up to and with another.
func begun(last string, on time.Time) string {
	end, err := time.Parse(time.DateOnly, last)
	if err != nil {
		return "nothing is known"
	}
	quarters := 0
	var years []int
	for day := end.AddDate(0, 0, 1); !day.After(on); day = day.AddDate(0, 0, 1) {
		if day.Day() == 1 && slices.Contains([]time.Month{time.January, time.April, time.July, time.October}, day.Month()) {
			quarters++
			if day.Month() == time.October {
				years = append(years, day.Year()+1)
			}
		}
	}
	text := fmt.Sprintf("%d quarters have begun", quarters)
	if quarters == 1 {
		text = "a quarter has begun"
	}
	switch len(years) {
	case 0:
	case 1:
		text += fmt.Sprintf(", fiscal year %d among them", years[0])
	default:
		text += fmt.Sprintf(", fiscal years %d to %d among them", years[0], years[len(years)-1])
	}
	return text
}
