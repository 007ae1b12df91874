// What every page loads: htmx with server push.
import "htmx.org";
import "htmx-ext-sse";
