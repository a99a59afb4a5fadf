package message

import (
	"regexp"
	"strings"
)

// signOff marks signatures, sent-from lines, contact blocks and legal notices in what was newly written. The sender's greeting and closing line
// stay. In doubt a line stays: what is taken out here is not read for the question.
func signOff(lines []line) {
	pgpArmor(lines)
	for start := 0; start < len(lines); {
		end := start
		for end < len(lines) && lines[end].class == classReply {
			end++
		}
		if end > start {
			signOffRun(lines[start:end], start > 0)
		}
		start = end + 1
	}
}

// tailLines is how far from the end a signature is looked for. It keeps a mail of nothing but marks from being looked at again under each.
const tailLines = 80

// signOffRun looks at one run of reply lines. below says that something stands above it, so that a signature may begin it.
func signOffRun(run []line, below bool) {
	for i := 0; i < len(run); i++ {
		l := run[i]
		if l.class != classReply || l.text == "" {
			continue
		}
		switch {
		case (i > 0 || below) && len(run)-i < tailLines && signatureMark(l.text) && isSignature(run[i+1:]):
			sign(run[i:])
			contactBlock(run)
			return
		case (i > 0 || below) && len(run)-i < tailLines && weakMark(l.text) && isContact(run[i+1:]):
			sign(run[i:])
			contactBlock(run)
			return
		case sentFrom(l.text):
			sign(run[i : i+1])
		case paragraphStart(run, i) && banner(l.text):
			signNotice(run[i:], banner)
		case paragraphStart(run, i) && legalNotice(l.text):
			// A notice goes to the end of its paragraph; further paragraphs that are notices too follow by themselves.
			signNotice(run[i:], func(s string) bool { return !strings.HasSuffix(s, "?") && !clinical(s) && !greeting(s) })
		}
	}
	contactBlock(run)
}

func sign(lines []line) {
	for i := range lines {
		lines[i].class = classSignature
	}
}

// signNotice takes the first line and those under it in the same paragraph that belong to it.
func signNotice(run []line, belongs func(string) bool) {
	for j := 0; j < len(run) && run[j].text != "" && (j == 0 || belongs(run[j].text)); j++ {
		run[j].class = classSignature
	}
}

// signatureMark is the separator of RFC 3676, section 4.3, as programs write it. "- --" is that under a PGP signature.
func signatureMark(s string) bool { return s == "--" || s == "- --" }

// weakMark are lines that people draw over a signature, and between anything else too.
func weakMark(s string) bool {
	switch s {
	case "—", "––", "__", "---", "***", "- -":
		return true
	}
	return len(s) >= 10 && (strings.Trim(s, "_") == "" || strings.Trim(s, "-") == "" || strings.Trim(s, "=") == "" || strings.Trim(s, "*") == "")
}

// isSignature looks at what stands under a signature mark. The mark is believed, unless what follows is long, or is about a case and has nothing
// by which one could reach the sender: people part their questions with dashes as well.
func isSignature(lines []line) bool {
	n, contacts, about := 0, 0, false
	for _, l := range lines {
		if l.text == "" {
			continue
		}
		if n++; n > 30 {
			return false
		}
		if contactLine.MatchString(l.text) || legalNotice(l.text) {
			contacts++
		}
		about = about || strings.HasSuffix(l.text, "?") || clinical(l.text)
	}
	return n > 0 && (contacts > 0 && n <= 12 || !about)
}

// isContact tells the lines under a weak mark that are a signature by themselves.
func isContact(lines []line) bool {
	n, contacts := 0, 0
	for _, l := range lines {
		if l.text == "" {
			continue
		}
		if legalNotice(l.text) {
			return n > 0 || contacts == 0
		}
		if n++; n > 12 || strings.Contains(l.text, "?") || clinical(l.text) || len(l.text) > 120 {
			return false
		}
		if contactLine.MatchString(l.text) {
			contacts++
		}
	}
	return contacts > 0
}

var sentFromPattern = regexp.MustCompile(`(?i)^(?:(?:sent|written|composed) (?:from|via|with|using|by|on) (?:(?:my|an?|the|our|mail for|the all[- ]new|all[- ]new) )?` +
	`(?:(?:apple|samsung|google|huawei|xiaomi|verizon|at&t|t-mobile|sprint|nokia|motorola|lg|sony|htc|oneplus|microsoft|secure|new|verizon,) )*` +
	`(?:iphone|ipad|ipod|imac|macbook|mac\b|apple watch|android|galaxy|samsung|pixel|smart ?phone|mobile|cell(?: ?phone)?\b|phone\b|tablet|handheld|device|blackberry|windows|` +
	`yahoo|aol|outlook|gmail|mail\b|proton|thunderbird|mozilla|airmail|spark|superhuman|mailspring|workspace|lenovo|surface|at&t|verizon|t-mobile|5g|4g)` +
	`|get outlook for|download outlook|yahoo mail: search|von meinem .{2,40} gesendet|von (?:meinem|unterwegs)|gesendet (?:von|mit|über) |envoyé (?:de|depuis|à partir de) (?:mon|ma|l'|outlook|yahoo)|` +
	`enviado desde (?:mi|el|outlook|yahoo)|enviado d[eo] meu|inviato da(?:l mio| iphone| ipad| outlook| yahoo)|verzonden vanaf mijn|verstuurd vanaf mijn|verzonden met|skickat från (?:min|outlook)|` +
	`sendt fra min|lähetetty (?:iphone|android|outlook|laite)|wysłane z |wysłano z |отправлено (?:с|из) |надіслано з |odesláno z |odoslané z |trimis de pe|iphone ?から送信|发自我的|從我的.{1,20}傳送|나의 .{2,20}에서 보냄)`)

// sentFrom is the line that a telephone or a program adds.
func sentFrom(s string) bool {
	s = strings.TrimLeft(s, " \t")
	return len(s) < 160 && sentFromPattern.MatchString(s) && !strings.Contains(s, "?") && !clinical(s)
}

var legalPattern = regexp.MustCompile(`(?i)^(?:confidentiality (?:notice|note|statement|disclaimer)|confidential(?:ity)?\s*[:\-]|(?:legal )?disclaimer\s*[:\-]|important(?: notice)?: (?:this|the) (?:e-?mail|message)|` +
	`notice: (?:this|the)|(?:this|the) (?:e-?mail|message|communication|transmission|electronic mail|electronic message|fax)[^.?]{0,160}(?:confidential|privileged|intended (?:only|solely|for)|for the sole use|protected health)|` +
	`the information (?:contained|transmitted) in this|the contents of this (?:e-?mail|message)|hipaa (?:notice|confidentiality)|if you (?:are not the intended|have received this|received this (?:e-?mail|message) in error)|` +
	`(?:any|unauthorized) (?:unauthorized|review|dissemination|disclosure|interception|use|distribution)[^?]{0,160}prohibited|please consider the environment|think before you print|` +
	`privileged (?:and|&) confidential|confidential (?:and|&) privileged|this (?:e-?mail|message) (?:was|has been) (?:scanned|checked)|virus[- ]free\.|` +
	`diese e-?mail (?:enthält|ist|und)|diese nachricht (?:enthält|ist) vertraulich|ce (?:message|courriel)[^.?]{0,80}confidentiel|este (?:correo|mensaje)[^.?]{0,80}confidencial|` +
	`esta mensagem[^.?]{0,80}confidenci|questo messaggio[^.?]{0,80}riservat|dit bericht[^.?]{0,80}vertrouwelijk)`)

// legalNotice is the first line of one.
func legalNotice(s string) bool {
	s = strings.TrimLeft(s, " \t*_>-[")
	return len(s) > 12 && legalPattern.MatchString(s) && !strings.HasSuffix(s, "?") && !clinical(s)
}

var bannerPattern = regexp.MustCompile(`(?i)^(?:caution|warning|external|attention|alert|notice|be careful|this (?:e-?mail|message) (?:originated|is from|came from|was sent from)|do not (?:click|open|respond)|` +
	`you don't often get e-?mail from|some people who received this message don't often|learn why this is important|unless you recogni[sz]e|recogni[sz]e the sender|and know the content|external e-?mail)`)

var bannerWords = regexp.MustCompile(`(?i)(?:external (?:e-?mail|sender|message|source)|\[external\]|^\[?external\]?:?$|originated (?:from )?outside|outside (?:of )?(?:the|your|our) (?:organi[sz]ation|company|network|practice|hospital)|` +
	`click(?:ing)? (?:on )?(?:any )?links|open(?:ing)? (?:any )?attachments|recogni[sz]e the sender|content is safe|don't often get e-?mail from|learn why this is important)`)

// banner is what a gateway puts over mail from outside.
func banner(s string) bool {
	s = strings.TrimLeft(s, " \t*_>-[!⚠️")
	return len(s) < 400 && (bannerPattern.MatchString(s) && bannerWords.MatchString(s) || strings.EqualFold(strings.Trim(s, "[]* "), "external")) && !strings.HasSuffix(s, "?") && !clinical(s)
}

// paragraphStart: a notice begins a paragraph, so that a sentence of a question that speaks of confidentiality stays.
func paragraphStart(run []line, i int) bool {
	return i == 0 || run[i-1].text == "" || run[i-1].class == classSignature
}

var greetingPattern = regexp.MustCompile(`(?i)^(?:hi|hello|dear|good (?:morning|afternoon|evening)|hey|team|hallo|guten|sehr geehrte|bonjour|hola)\b`)

func greeting(s string) bool { return greetingPattern.MatchString(s) }

// pgpArmor takes the lines that PGP puts around a text signed in clear (RFC 9580, section 7).
func pgpArmor(lines []line) {
	for i := 0; i < len(lines); i++ {
		switch lines[i].text {
		case "-----BEGIN PGP SIGNED MESSAGE-----":
			for ; i < len(lines) && lines[i].text != ""; i++ {
				lines[i].class = classSignature
			}
		case "-----BEGIN PGP SIGNATURE-----":
			end := i
			for end < len(lines) && end < i+200 && lines[end].text != "-----END PGP SIGNATURE-----" {
				end++
			}
			if end < len(lines) && end < i+200 {
				sign(lines[i : end+1])
				i = end
			}
		}
	}
}
