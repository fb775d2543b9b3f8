#include "core/page.h"

void gw_page_begin(FILE *out, const char *title, const char *style, const char *heading)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>",
		out);
	gw_page_text(out, title);
	fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>", style);
	gw_page_text(out, heading);
	fputs("</h1>\n", out);
}

void gw_page_text(FILE *out, const char *text)
{
	for (; text && *text; text++)
		switch (*text) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		default:
			fputc(*text, out);
		}
}

void gw_page_end(FILE *out)
{
	fputs("</body>\n</html>\n", out);
}
