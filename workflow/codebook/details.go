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

// Details gathers them for a code of one system as of a day (zero: today).
func (b *Book) Details(ctx context.Context, system codes.System, code string, on time.Time) (d Details, err error) {
	switch system {
	case codes.ICD10CM:
		var s SeventhCharacters
		var ok bool
		if s, ok, err = b.SeventhCharacters(ctx, code, on); ok {
			d.SeventhCharacters = &s
		}
	case codes.ICD10PCS:
		d.PCS, err = b.PCSValues(ctx, code, on)
	case codes.MSDRG:
		var g DRG
		var ok bool
		if g, ok, err = b.DRG(ctx, code, on); ok {
			d.DRG = &g
		}
	case codes.NDC:
		var n NDC
		var ok bool
		if n, ok, err = b.NDC(ctx, code, on); ok {
			d.NDC = &n
		}
	case codes.CPT, codes.HCPCS:
		if d.Drugs, err = b.DrugLinks(ctx, code, on); err != nil {
			return d, err
		}
		if d.ProcessingNote, err = b.ProcessingNote(ctx, code, on); err != nil {
			return d, err
		}
		d.Coverage, err = b.Coverage(ctx, code, CoverageOptions{On: on})
	}
	if err != nil {
		return d, err
	}
	d.Crosswalks, err = b.Crosswalks(ctx, system, code)
	return d, err
}
