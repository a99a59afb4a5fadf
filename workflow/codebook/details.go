package codebook

import (
	"context"
	"time"

	"caseconsultant/workflow/codes"
)

// Details are what stands about a code beside its description: the fields that `lookup --json` adds to an Entry. What no loaded file knows
// is left out.
type Details struct {
	SeventhCharacters *SeventhCharacters `json:"seventh_characters,omitempty"`
	Crosswalks        []Crosswalk        `json:"crosswalks,omitempty"`
	DRG               *DRG               `json:"drg,omitempty"`
	NDC               *NDC               `json:"ndc,omitempty"`
	Drugs             []DrugLink         `json:"drugs,omitempty"`
	Coverage          []CoveragePolicy   `json:"coverage,omitempty"`
	ProcessingNote    string             `json:"processing_note,omitempty"`
	PCS               []PCSValue         `json:"pcs,omitempty"`
}

// AddDetails adds them to an entry as of a day (zero: today). It reads more than a look-up does, so that only what shows them asks for it.
func (b *Book) AddDetails(ctx context.Context, e *Entry, on time.Time) (err error) {
	d := &e.Details
	switch e.System {
	case codes.ICD10CM:
		var s SeventhCharacters
		var ok bool
		if s, ok, err = b.SeventhCharacters(ctx, e.Code, on); ok {
			d.SeventhCharacters = &s
		}
	case codes.ICD10PCS:
		d.PCS, err = b.PCSValues(ctx, e.Code, on)
	case codes.MSDRG:
		var g DRG
		var ok bool
		if g, ok, err = b.DRG(ctx, e.Code, on); ok {
			d.DRG = &g
		}
	case codes.NDC:
		var n NDC
		var ok bool
		if n, ok, err = b.NDC(ctx, e.Code, on); ok {
			d.NDC = &n
		}
	case codes.CPT, codes.HCPCS:
		if d.Drugs, err = b.DrugLinks(ctx, e.Code, on); err != nil {
			return err
		}
		if d.ProcessingNote, err = b.ProcessingNote(ctx, e.Code, on); err != nil {
			return err
		}
		d.Coverage, err = b.Coverage(ctx, e.Code, CoverageOptions{On: on})
	}
	if err != nil {
		return err
	}
	d.Crosswalks, err = b.Crosswalks(ctx, e.System, e.Code)
	return err
}
