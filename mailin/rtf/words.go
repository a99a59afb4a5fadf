package rtf

// act is what a control word does.
type act uint8

const (
	actNone act = iota
	actBegin
	actText
	actLine
	actTab
	actNestedCell
	actAnsiPage
	actPage
	actUC
	actUnicode
	actDefaultFont
	actFont
	actCharset
	actFontPage
	actPlain
	actHide
	actFromHTML
	actNotHTML
	actBoxKind
	actBoxState
	actBoxDefault
	actRowBegins
	actInTable
	actParagraph
	actCell
	actRow
)

// meaning is what is known of a control word.
type meaning struct {
	act  act
	dest dest   // that actBegin begins
	text string // of actText
	page int    // of actPage
	own  bool   // what the destination holds stands on lines of its own
	box  bool   // the destination shows a form field
}

// dest is where the text of a group goes.
type dest uint8

const (
	destText dest = iota
	destSkip
	destFonts
	destTag   // markup of the HTML that is wrapped
	destShape // the instructions of a shape; its text is a group within
	destNote
	destRemark
	destFooter
)

var (
	skipped  = meaning{act: actBegin, dest: destSkip}
	shown    = meaning{act: actBegin, dest: destText}
	ownLines = meaning{act: actBegin, dest: destText, own: true}
	footer   = meaning{act: actBegin, dest: destFooter}
	hides    = meaning{act: actHide}
	lineEnd  = meaning{act: actLine}
)

func says(text string) meaning { return meaning{act: actText, text: text} }

// words are the control words that matter to the text. Others change how it looks, or begin a destination that may be ignored ("\*").
var words = map[string]meaning{
	// What stands in no text.
	"colortbl": skipped, "stylesheet": skipped, "info": skipped, "pict": skipped, "objdata": skipped, "fldinst": skipped, "listtable": skipped, "listoverridetable": skipped, "rsidtbl": skipped,
	"themedata": skipped, "datastore": skipped, "xmlnstbl": skipped, "latentstyles": skipped, "filetbl": skipped, "revtbl": skipped, "tc": skipped, "xe": skipped, "rxe": skipped, "txe": skipped,
	"nonshppict": skipped, "sp": skipped, "sn": skipped, "sv": skipped, "ftnsep": skipped, "ftnsepc": skipped, "ftncn": skipped, "aftnsep": skipped, "aftnsepc": skipped, "aftncn": skipped,
	"template": skipped, "private": skipped, "nonesttables": skipped, "bkmkstart": skipped, "bkmkend": skipped, "atnid": skipped, "atnauthor": skipped, "atnref": skipped, "atndate": skipped,
	"mhtmltag": skipped, "generator": skipped, "pgdsctbl": skipped, "pntxta": skipped, "pntxtb": skipped, "ud": skipped,

	"fonttbl": {act: actBegin, dest: destFonts}, "htmltag": {act: actBegin, dest: destTag}, "shpinst": {act: actBegin, dest: destShape},
	"footnote": {act: actBegin, dest: destNote}, "annotation": {act: actBegin, dest: destRemark}, "footer": footer, "footerl": footer, "footerr": footer, "footerf": footer,

	// Destinations that may be ignored by those that do not know them, but hold text.
	"upr": shown, "listtext": shown, "pntext": shown, "result": shown, "fldrslt": {act: actBegin, dest: destText, box: true}, "shptxt": ownLines,
	"header": ownLines, "headerl": ownLines, "headerr": ownLines, "headerf": ownLines,

	"emdash": says("\u2014"), "endash": says("\u2013"), "lquote": says("\u2018"), "rquote": says("\u2019"), "ldblquote": says("\u201c"), "rdblquote": says("\u201d"), "bullet": says("\u2022"),
	"emspace": says(" "), "enspace": says(" "), "qmspace": says(" "), "tab": {act: actTab}, "nestcell": {act: actNestedCell},
	"par": lineEnd, "line": lineEnd, "lbr": lineEnd, "page": lineEnd, "sect": lineEnd, "column": lineEnd, "softline": lineEnd, "softpage": lineEnd, "nestrow": lineEnd,

	"ansicpg": {act: actAnsiPage}, "mac": {act: actPage, page: 10000}, "pc": {act: actPage, page: 437}, "pca": {act: actPage, page: 850},
	"uc": {act: actUC}, "u": {act: actUnicode},
	"deff": {act: actDefaultFont}, "f": {act: actFont}, "fcharset": {act: actCharset}, "cpg": {act: actFontPage}, "plain": {act: actPlain}, "v": hides, "deleted": hides,
	"fromhtml": {act: actFromHTML}, "htmlrtf": {act: actNotHTML},
	"fftype": {act: actBoxKind}, "ffres": {act: actBoxState}, "ffdefres": {act: actBoxDefault},
	"trowd": {act: actRowBegins}, "intbl": {act: actInTable}, "pard": {act: actParagraph}, "cell": {act: actCell}, "row": {act: actRow},
}
