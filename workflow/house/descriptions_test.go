package house_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"caseconsultant/workflow/house"
	"caseconsultant/workflow/people"
	"caseconsultant/workflow/store"
	"caseconsultant/workflow/store/storetest"
)

type firm struct {
	*house.Descriptions
	coder, clerk people.User
}

func open(t *testing.T, db *store.DB) firm {
	t.Helper()
	p := people.New(db, people.Options{Cost: people.Cost{MemoryKiB: 64, Passes: 1, Threads: 1}})
	add := func(email, credential string) people.User {
		u, err := p.Add(t.Context(), people.NewUser{Email: email, Credential: credential, Password: "three brown hens sing"})
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	return firm{house.New(db), add("coder@firm.example", "CPC"), add("clerk@firm.example", "")}
}

func (f firm) edit(kind house.Kind, seen int, text string, by people.User) house.Edit {
	return house.Edit{System: "cpt", Code: "31297", Kind: kind, Text: text, Seen: seen, User: by.ID, Credential: by.Credential}
}

func texts(list []house.Description) (all []string) {
	for _, d := range list {
		all = append(all, string(d.Kind)+": "+d.Text)
	}
	return all
}

func TestNewestVersionIsInForceAndEarlierOnesStay(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		f := open(t, db)
		ctx := context.Background()
		for _, e := range []house.Edit{
			f.edit(house.Note, 0, "Ask which side.", f.clerk),
			f.edit(house.Common, 0, "A balloon widens the opening.\r\nOne side.", f.clerk),
			f.edit(house.Common, 1, "A balloon widens the opening of the sinus behind the nose.", f.coder),
			f.edit(house.Common, 2, "  A balloon widens the opening of the sinus behind the nose. ", f.clerk), // the same again
		} {
			if err := f.Write(ctx, e); err != nil {
				t.Fatal(err)
			}
		}
		now, err := f.Of(ctx, "cpt", "31297")
		if want := []string{"common: A balloon widens the opening of the sinus behind the nose.", "note: Ask which side."}; err != nil || !slices.Equal(texts(now), want) {
			t.Fatalf("in force %q, %v; want %q", texts(now), err, want)
		}
		if !now[0].Reviewed() || now[0].Review.Credential != "CPC" || now[0].Review.By != f.coder.ID || now[0].Version != 2 {
			t.Errorf("a certified coder's own words: %+v", now[0])
		}
		if now[1].Reviewed() {
			t.Errorf("words of somebody without a credential count as reviewed: %+v", now[1])
		}
		history, err := f.History(ctx, "cpt", "31297")
		if err != nil || len(history) != 3 || history[2].Text != "Ask which side." || history[1].Text != "A balloon widens the opening.\nOne side." || history[1].Author != f.clerk.ID {
			t.Errorf("history %q, %v", texts(history), err)
		}
		if err := f.Write(ctx, f.edit(house.Common, 2, "", f.coder)); err != nil {
			t.Fatal(err)
		}
		if now, err = f.Of(ctx, "cpt", "31297"); err != nil || !slices.Equal(texts(now), []string{"note: Ask which side."}) {
			t.Errorf("after taking the words away %q, %v", texts(now), err)
		}
		if other, err := f.Of(ctx, "hcpcs", "31297"); err != nil || len(other) > 0 {
			t.Errorf("another system's code has %q, %v", texts(other), err)
		}
	})
}

func TestWhatCannotBeKeptIsRefused(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		f := open(t, db)
		for name, e := range map[string]house.Edit{
			"too long":     f.edit(house.Common, 0, strings.Repeat("x", house.MostText+1), f.coder),
			"no kind":      f.edit("poem", 0, "x", f.coder),
			"no text":      f.edit(house.Common, 0, "a\x00b", f.coder),
			"broken UTF-8": f.edit(house.Common, 0, "a\xffb", f.coder),
			"no code":      {System: "cpt", Kind: house.Common, Text: "x", User: f.coder.ID},
		} {
			if err := f.Write(t.Context(), e); !errors.Is(err, house.ErrText) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if all, err := f.History(t.Context(), "cpt", "31297"); err != nil || len(all) > 0 {
			t.Errorf("kept all the same: %q, %v", texts(all), err)
		}
	})
}

func TestOnlyOneOfTwoWritersWins(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		f := open(t, db)
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			wg.Go(func() {
				errs[i] = f.Write(context.Background(), f.edit(house.Common, 0, strings.Repeat("word ", i+1), f.coder))
			})
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			switch {
			case err == nil:
				won++
			case !errors.Is(err, house.ErrStale):
				t.Error(err)
			}
		}
		if all, err := f.History(t.Context(), "cpt", "31297"); err != nil || won != 1 || len(all) != 1 {
			t.Errorf("%d of 8 writers won, %d versions, %v", won, len(all), err)
		}
	})
}

func TestReview(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		f := open(t, db)
		ctx := t.Context()
		for i, text := range []string{"First.", "Second."} {
			if err := f.Write(ctx, f.edit(house.UsedWhen, i, text, f.clerk)); err != nil {
				t.Fatal(err)
			}
		}
		history, err := f.History(ctx, "cpt", "31297")
		if err != nil {
			t.Fatal(err)
		}
		second, first := history[0], history[1]
		if first.Version > second.Version {
			first, second = second, first
		}
		if err := f.Stand(ctx, second.ID, f.clerk.ID, " "); !errors.Is(err, house.ErrReview) {
			t.Errorf("a review without a credential: %v", err)
		}
		if err := f.Stand(ctx, first.ID, f.coder.ID, "CPC"); !errors.Is(err, house.ErrStale) {
			t.Errorf("a review of words that hold no longer: %v", err)
		}
		if err := f.Stand(ctx, 1, f.coder.ID, "CPC"); !errors.Is(err, house.ErrNotFound) {
			t.Errorf("a review of nothing: %v", err)
		}
		for range 2 {
			if err := f.Stand(ctx, second.ID, f.coder.ID, "CPC"); err != nil {
				t.Fatal(err)
			}
		}
		now, err := f.Of(ctx, "cpt", "31297")
		if err != nil || len(now) != 1 || !now[0].Reviewed() || now[0].Review.By != f.coder.ID || now[0].Author != f.clerk.ID {
			t.Errorf("after the review %+v, %v", now, err)
		}
	})
}
