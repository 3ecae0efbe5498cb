from django.contrib import admin
from django.urls import path

from library.views import shelf

urlpatterns = [
    path('', shelf),
    path('admin/', admin.site.urls),
]
