/* The files of mgmt/web, as they were when the program was built. */
#pragma once

#include <stddef.h>

#define PAGE_SCRIPT "text/javascript; charset=utf-8"

/* Where it is found, its type, and the name of its bytes. */
#define PAGE_FILES(X) \
	X("/", "text/html; charset=utf-8", index_html) \
	X("/web/style.css", "text/css; charset=utf-8", style_css) \
	X("/web/icon.svg", "image/svg+xml", icon_svg) \
	X("/web/alarms.js", PAGE_SCRIPT, alarms_js) \
	X("/web/api.js", PAGE_SCRIPT, api_js) \
	X("/web/app.js", PAGE_SCRIPT, app_js) \
	X("/web/bundle.js", PAGE_SCRIPT, bundle_js) \
	X("/web/camera.js", PAGE_SCRIPT, camera_js) \
	X("/web/cameras.js", PAGE_SCRIPT, cameras_js) \
	X("/web/correct.js", PAGE_SCRIPT, correct_js) \
	X("/web/dom.js", PAGE_SCRIPT, dom_js) \
	X("/web/findings.js", PAGE_SCRIPT, findings_js) \
	X("/web/form.js", PAGE_SCRIPT, form_js) \
	X("/web/hour.js", PAGE_SCRIPT, hour_js) \
	X("/web/models.js", PAGE_SCRIPT, models_js) \
	X("/web/paint.js", PAGE_SCRIPT, paint_js) \
	X("/web/plot.js", PAGE_SCRIPT, plot_js) \
	X("/web/region.js", PAGE_SCRIPT, region_js) \
	X("/web/setup.js", PAGE_SCRIPT, setup_js) \
	X("/web/system.js", PAGE_SCRIPT, system_js) \
	X("/web/tar.js", PAGE_SCRIPT, tar_js) \
	X("/web/try.js", PAGE_SCRIPT, try_js)

#define X(url, type, name) \
	extern const unsigned char page_##name[]; \
	extern const size_t page_##name##_size;
PAGE_FILES(X)
#undef X
