package message

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// linkPattern is the target that a program has put behind a word when it turned a page into text.
var linkPattern = regexp.MustCompile(`\s*[<(\[]\s?(?:https?|mailto):[^\s<>]*\s?[>)\]]`)

var (
	sentPattern = regexp.MustCompile(`^(?:dictated but not read\W+)?(?:this (?:e-?mail|message) was )?(?:sent|written|composed|typed|posted)(?: securely)? (from|via|with|using|by|on) (.+)$`)

	// devices are what mail is sent with.
	devices = regexp.MustCompile(`\b(?:iphone|ipad|ipod|imac|macbook|mac|apple watch|android|galaxy|samsung|pixel|smart ?phone|mobile|cell ?phone|cell|phone|tablet|handheld|device|blackberry|windows|yahoo|aol|` +
		`outlook|gmail|hotmail|proton ?mail|proton|thunderbird|mozilla|airmail|spark|superhuman|mailspring|mailbird|newton|front|hubspot|tutanota|tuta|fastmail|zoho|canary|edison|k-9|nine|boxer|workspace|` +
		`huawei|xiaomi|redmi|oneplus|motorola|moto|nokia|htc|xperia|lenovo|surface|at&t|verizon|t-mobile|5g|4g|lte|the go|the road|em client|evolution|roundcube|horde|zimbra|missive|shortwave|hey|notion mail|mailbox|inbox|typeapp|solmail|bluemail|aquamail|mymail|polymail|mimestream|betterbird|mailmate|postbox|foxmail|kmail|sylpheed|keyboard|nexus)\b|^mail$|^mail for\b`)

	// told are words of a sentence that goes on: "Sent from my desk, is much easier ...".
	told = regexp.MustCompile(`\b(?:is|are|was|were|has|have|had|does|did|denied|paid|because|but|to the|so|and they|we|they|it)\b`)

	foreignDevices = hinted(`iphon|ipad|ipod|android|samsung|galaxy|huawei|xiaomi|redmi|nokia|sony|blackberry|windows|outlook|yahoo|gmail|gmx|web\.de|mail app|telekom|mail\.ru|яндекс|почт|мобильн|мобільн|` +
		`mobil|móvil|movil|handy|smartphone|telefon|telefoon|téléphone|teléfono|telemóvel|celular|cellulare|telefonino|puhelim|tablet|gerät|appareil|dispositivo|dispositiu|apparaat|laitte|orange|free\b|sfr|correo|courrier|mail|posta|` +
		`компьютер|телефон|смартфон|устройств|手机|手機|邮箱|郵箱|אייפון|טלפון|הנייד|הסלולרי|آيفون|هاتف|جهاز|گوشی|điện thoại|โทรศัพท์`)

	getOutlook = regexp.MustCompile(`\b(?:get|download|holen|beziehen|laden|obtenez|obtenir|télécharger|téléchargez|obtener|obtén|descargar|ottieni|scarica|obter|obtenha|baixar|transferir|downloaden|ophalen|hent|få|skaffa|hämta|skaff|` +
		`hanki|lataa|pobierz|získat|získejte|stáhnout|скачать|загрузить|установите|завантажити|letöltése|descărcați|obțineți|κατεβάστε|edinin|alın|indirin)(?:\P{L}|$)|获取|下载|下載|取得|入手|ダウンロード|다운로드|받기|הורד|קבל|احصل|تنزيل|` +
		`(?:^|\P{L})(?:скачать|загрузить|установите|завантажити|obțineți|κατεβάστε|få|отримати|предобийте)(?:\P{L}|$)`)

	getApp = regexp.MustCompile(`^(?:get|download|try) [\pL\d ]{2,24} for (?:ios|android|iphone|ipad|mac|windows)$`)

	excuse = regexp.MustCompile(`(?i)^(?:please |kindly )?(?:excuse|forgive|pardon|apologies for|sorry for) (?:(?:any|the|my|all|typos|brevity|spelling|errors|and|or|mistakes|possible|autocorrect|voice|dictation|grammar|short|typing|auto-correct|typographical)[ ,.&/!]*){1,8}$`)
)

// sentPrefixes begin the line in other languages; the name of a device or a program must follow.
var sentPrefixes = []string{"gesendet von ", "gesendet mit ", "gesendet über ", "gesendet aus ", "von meinem ", "von unterwegs gesendet", "diese nachricht wurde von ", "diese nachricht wurde mit ", "diese e-mail wurde von meinem ",
	"envoyé de ", "envoyé depuis ", "envoyé à partir ", "envoyé avec ", "envoyé via ", "envoyé par ", "enviado desde ", "enviado do ", "enviado de ", "enviado via ", "enviado a partir ", "enviado con ",
	"enviat des de", "inviato da", "inviato con ", "inviato tramite ", "verzonden vanaf ", "verzonden vanuit ", "verzonden met ", "verzonden via ", "verstuurd vanaf ", "verstuurd met ", "verstuurd via ", "skickat från ", "skickades från ", "skickat med ",
	"sendt fra ", "sendt med ", "sendt via ", "lähetetty ", "wysłane z ", "wysłano z ", "wysłane za ", "wiadomość wysłana z ", "odesláno z ", "odesláno pomocí ", "odoslané z ", "elküldve ", "küldve ", "az ", "a ", "trimis de pe ", "trimis din ",
	"изпратено от ", "στάλθηκε από ", "εστάλη από ", "отправлено с ", "отправлено из ", "отправлено через ", "надіслано з ", "надіслано із ", "надіслано через ", "נשלח מ", "أُرسلت من", "أرسلت من", "مرسل من", "تم الإرسال من", "ارسال شده از", "ارسالشده از",
	"发自", "從我的", "从我的", "傳送自", "寄自", "đã gửi từ ", "được gửi từ ", "gửi từ ", "ส่งจาก", "dikirim dari ", "dihantar dari ", "poslano s ", "poslano sa ", "poslano iz ", "poslano z ", "poslato sa ", "poslato s ", "послато са ",
	"saadetud minu ", "saadetud ", "nosūtīts no ", "išsiųsta iš ", "siųsta iš ", "sent fra ", "私の", "나의 "}

var onTheWay = setOf("von unterwegs gesendet|mobil gesendet|unterwegs gesendet|gesendet von unterwegs|verzonden vanaf mobiel|envoyé de mon mobile|enviado desde mi móvil|sent on the go|sent from mobile")

// sentFrom is the line that a telephone or a program adds.
func sentFrom(s string) bool {
	if len(s) > 300 || len(s) < 6 {
		return false
	}
	s = strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("*_-–—.~<>|[]", r) })
	if !mayBeSent(s) {
		return false
	}
	lower := strings.ToLower(unsteered(s))
	if strings.HasSuffix(lower, ">") || strings.ContainsAny(lower, "<([") || strings.Contains(lower, "http") {
		lower = strings.TrimSpace(linkPattern.ReplaceAllString(lower+">", ""))
		lower = strings.TrimRight(lower, ">. ")
	}
	if lower == "" || len(lower) > 170 || strings.Contains(lower, "?") {
		return false
	}
	words := strings.Count(lower, " ") + 1
	if words > 16 {
		return false
	}
	return sentFromLower(lower, words) && !clinical(s)
}

// sentWords begin the lines that sentPattern, getApp and sentFromLower tell in English.
var sentWords = []string{"dictated", "this", "sent", "written", "composed", "typed", "posted", "get", "download", "try", "yahoo"}

// sentSuffixes end the line in languages that put the verb last; the name of a device or a program must be in it.
var sentSuffixes = []string{"から送信", "에서 보냄", "에서 보낸 메일", "dan gönderildi", "den gönderildi", "tan gönderildi", "ten gönderildi"}

// sentFirst are the first words of all such lines in ASCII, sentLetters the first letters of all others, sentLast the last ones of sentSuffixes.
var sentFirst, sentLetters, sentLast = func() (map[string]bool, map[rune]bool, map[rune]bool) {
	words, letters, last := map[string]bool{}, map[rune]bool{}, map[rune]bool{}
	all := append(slices.Collect(maps.Keys(onTheWay)), append(sentWords, sentPrefixes...)...)
	for _, s := range all {
		var buf [24]byte
		if word, whole := leadWord(s, &buf); whole {
			words[string(word)] = true
		}
		r, _ := utf8.DecodeRuneInString(s)
		letters[r] = true
	}
	for _, s := range sentSuffixes {
		r, _ := utf8.DecodeLastRuneInString(s)
		last[r] = true
	}
	return words, letters, last
}()

// mayBeSent is the cheap look before the rest of sentFrom, by the first word and the last letter: hardly any line of prose passes.
func mayBeSent(s string) bool {
	if s == "" || s[0] == '(' {
		return true // a link, behind which it begins
	}
	ascii := isASCII(s)
	if !ascii && (!steady(s) || strings.ContainsAny(s, "(<[") || strings.HasSuffix(s, ">") || indexFold(s, "http") >= 0) {
		return true
	}
	if s[0] < utf8.RuneSelf {
		var buf [24]byte
		if word, whole := leadWord(s, &buf); !whole || sentFirst[string(word)] {
			return true
		}
	} else if r, _ := utf8.DecodeRuneInString(s); sentLetters[unicode.ToLower(r)] {
		return true
	}
	if !ascii {
		if r, _ := utf8.DecodeLastRuneInString(s); sentLast[unicode.ToLower(r)] {
			return true
		}
	}
	return indexFold(s, "outlook") >= 0 // "Get Outlook for iOS", in any language
}

func sentFromLower(s string, words int) bool {
	if m := sentPattern.FindStringSubmatch(s); m != nil {
		rest := m[2]
		if told.MatchString(rest) {
			return false
		}
		return devices.MatchString(rest) && (m[1] != "by" && m[1] != "on" || words < 6 || strings.HasPrefix(rest, "the go")) || strings.HasPrefix(rest, "my ") && words <= 7 && !strings.Contains(rest, ",")
	}
	if strings.HasPrefix(s, "yahoo mail: search") || strings.HasPrefix(s, "sent on the go") {
		return true
	}
	if words <= 9 && strings.Contains(s, "outlook") && (strings.Contains(s, "ios") || strings.Contains(s, "android") || strings.Contains(s, "mac")) && getOutlook.MatchString(s) {
		return true
	}
	if getApp.MatchString(s) || onTheWay[s] {
		return true
	}
	if words > 12 {
		return false
	}
	for _, prefix := range sentPrefixes {
		rest, ok := strings.CutPrefix(s, prefix)
		if !ok {
			continue
		}
		switch prefix {
		case "von meinem ":
			return strings.HasSuffix(s, "gesendet")
		case "az ", "a ":
			return strings.HasSuffix(s, "küldve") && foreignDevices.MatchString(rest)
		case "私の":
			return strings.HasSuffix(s, "から送信")
		case "나의 ":
			return strings.HasSuffix(s, "보냄")
		case "从我的", "從我的":
			return strings.HasSuffix(s, "发送") || strings.HasSuffix(s, "傳送")
		}
		return foreignDevices.MatchString(rest) && len(s) < 120
	}
	for _, suffix := range sentSuffixes {
		if strings.HasSuffix(s, suffix) && foreignDevices.MatchString(s) {
			return true
		}
	}
	return false
}

// underSentFrom: the sender's name, or the excuse, under such a line.
func underSentFrom(s string) bool {
	if excuse.MatchString(s) {
		return true
	}
	words := strings.Fields(s)
	if len(words) == 0 || len(words) > 4 || len(s) > 40 {
		return false
	}
	for _, w := range words {
		for i, r := range w {
			if i == 0 && !unicode.IsUpper(r) || !unicode.IsLetter(r) && !strings.ContainsRune(".,'-", r) {
				return false
			}
		}
	}
	return !greeting(s) && !closes(s) && !strings.HasSuffix(s, ".")
}
